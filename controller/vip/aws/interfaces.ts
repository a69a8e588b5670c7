import type {NetworkInterface} from '@aws-sdk/client-ec2';
import type {AwsHost} from '../../config/cluster-config.ts';
import {CloudFailed} from '../cloud.ts';
import type {Ec2Api} from './ec2-api.ts';

/** The interface of a host that carries the VIP. */
export interface HostInterface {
  readonly host: string;
  readonly eni: string;
  readonly instanceId: string;
  readonly vpcId: string;
  readonly subnetId: string;
  readonly primaryIp: string;
  /** Elastic IP that is the interface's own now; Amazon's automatic ones do not count. */
  readonly elasticIp: string | undefined;
  readonly hasSourceDestCheck: boolean;
}

/** Which network interface belongs to which host of the cluster, looked up by instance id or tag. */
export class Interfaces {
  readonly #api: Ec2Api;
  readonly #hosts: readonly AwsHost[];
  #known: Promise<readonly HostInterface[]> | undefined;

  constructor(api: Ec2Api, hosts: readonly AwsHost[]) {
    this.#api = api;
    this.#hosts = hosts;
  }

  /** Those that exist: a terminated instance has none. Asked once; a failure is asked again. */
  all(signal: AbortSignal): Promise<readonly HostInterface[]> {
    this.#known ??= this.#look(signal).catch(error => {
      this.#known = undefined;
      throw error;
    });
    return this.#known;
  }

  async find(host: string, signal: AbortSignal): Promise<HostInterface | undefined> {
    return (await this.all(signal)).find(one => one.host === host);
  }

  /** Throws where the host has none. */
  async of(host: string, signal: AbortSignal): Promise<HostInterface> {
    const found = await this.find(host, signal);
    if (found !== undefined) return found;
    const wanted = this.#hosts.find(({name}) => name === host);
    throw new CloudFailed(`${this.#api.label}: ${host} has no network interface at EC2: ${sayWanted(wanted)}`, {
      hint: 'correct aws_instance_id, aws_tag or aws_interface of the host; mha-helper check shows what was found',
      isWorthAnotherTry: false,
    });
  }

  async #look(signal: AbortSignal): Promise<readonly HostInterface[]> {
    const instances = await Promise.all(this.#hosts.map(host => this.#instanceOf(host, signal)));
    const ids = [...new Set(instances.filter(id => id !== undefined))];
    if (ids.length === 0) return [];
    const Filters = [{Name: 'attachment.instance-id', Values: ids}];
    const enis = await describeInterfaces(this.#api, Filters, signal);
    return this.#hosts.flatMap((host, index) => {
      const eni = enis.find(
        ({Attachment}) => Attachment?.InstanceId === instances[index] && Attachment?.DeviceIndex === host.deviceIndex,
      );
      return eni === undefined ? [] : [hostInterface(host.name, eni)];
    });
  }

  async #instanceOf({name, instance}: AwsHost, signal: AbortSignal): Promise<string | undefined> {
    if ('id' in instance) return instance.id;
    const {key, value} = instance.tag;
    const Filters = [
      {Name: `tag:${key}`, Values: [value]},
      {Name: 'instance-state-name', Values: ['pending', 'running', 'stopping', 'stopped']},
    ];
    const {Reservations = []} = await this.#api.call('DescribeInstances', {about: name, signal}, (ec2, options) =>
      ec2.describeInstances({Filters}, options),
    );
    const ids = Reservations.flatMap(({Instances = []}) => Instances.flatMap(one => one.InstanceId ?? []));
    if (ids.length <= 1) return ids[0];
    throw new CloudFailed(`${this.#api.label}: ${key}=${value} of ${name} is on several instances: ${ids.join(', ')}`, {
      hint: `give aws_instance_id for ${name}, or a tag that only one instance has`,
      isWorthAnotherTry: false,
    });
  }
}

/** All pages. */
export const describeInterfaces = async (
  api: Ec2Api,
  Filters: {Name: string; Values: string[]}[],
  signal: AbortSignal,
): Promise<readonly NetworkInterface[]> => {
  const all: NetworkInterface[] = [];
  let NextToken: string | undefined;
  do {
    const input = NextToken === undefined ? {Filters} : {Filters, NextToken};
    const page = await api.call('DescribeNetworkInterfaces', {about: '', signal}, (ec2, options) =>
      ec2.describeNetworkInterfaces(input, options),
    );
    all.push(...(page.NetworkInterfaces ?? []));
    NextToken = page.NextToken;
  } while (NextToken !== undefined && NextToken !== '');
  return all;
};

/** For people: "eni-0123 of i-0abc". */
export const sayInterface = ({NetworkInterfaceId, Attachment}: NetworkInterface): string =>
  Attachment?.InstanceId === undefined ? `${NetworkInterfaceId}` : `${NetworkInterfaceId} of ${Attachment.InstanceId}`;

const hostInterface = (host: string, eni: NetworkInterface): HostInterface => ({
  host,
  eni: eni.NetworkInterfaceId ?? '',
  instanceId: eni.Attachment?.InstanceId ?? '',
  vpcId: eni.VpcId ?? '',
  subnetId: eni.SubnetId ?? '',
  primaryIp: eni.PrivateIpAddress ?? '',
  elasticIp: eni.Association?.IpOwnerId === 'amazon' ? undefined : eni.Association?.PublicIp,
  hasSourceDestCheck: eni.SourceDestCheck !== false,
});

const sayWanted = (host: AwsHost | undefined): string => {
  if (host === undefined) return 'the configuration names none';
  const {instance, deviceIndex} = host;
  const what = 'id' in instance ? instance.id : `the instance with ${instance.tag.key}=${instance.tag.value}`;
  return `looked for device ${deviceIndex} of ${what}`;
};
