import type {Address} from '@aws-sdk/client-ec2';
import {CloudFailed, type CloudHolder} from '../cloud.ts';
import {isOnlyHolder} from '../cloud-vip.ts';
import type {AwsMeans, AwsMode} from './aws-vip.ts';
import type {HostInterface} from './interfaces.ts';
import {makeChange} from './make-change.ts';

/** An Elastic IP, associated with the primary address of the host's interface. The host itself does not have it. */
export const elasticIp = (means: AwsMeans): AwsMode => {
  const {api, interfaces} = means;
  const findHolders = async (signal: AbortSignal) => holders(await readAddress(means, signal), means, signal);
  return {
    findHolders,
    grant: async (host, {from, signal}) => {
      const target = await interfaces.of(host, signal);
      refuseOtherAddress(means, target);
      const {AllocationId} = await readAddress(means, signal);
      // With nobody to take it from, EC2 itself refuses an address that somebody has got since we looked.
      const AllowReassociation = from.length > 0;
      const input = {...named({AllocationId}), NetworkInterfaceId: target.eni, AllowReassociation};
      const isDone = async () => isOnlyHolder(await findHolders(signal), host);
      await makeChange({api, action: 'AssociateAddress', host, signal, isDone}, (ec2, options) =>
        ec2.associateAddress(input, options),
      );
      await api.untilShown(`it is associated with ${host}`, signal, isDone);
      return [];
    },
    revoke: async (host, signal) => {
      const isDone = async () => !(await findHolders(signal)).some(one => one.host === host);
      const {AssociationId} = await readAddress(means, signal);
      if (AssociationId === undefined || (await isDone())) return;
      await makeChange({api, action: 'DisassociateAddress', host, signal, isDone}, (ec2, options) =>
        ec2.disassociateAddress({AssociationId}, options),
      );
      await api.untilShown(`it is no longer associated with ${host}`, signal, isDone);
    },
    permissionProbes: async signal => {
      const [any] = await interfaces.all(signal);
      const {AllocationId, AssociationId} = await readAddress(means, signal);
      if (any === undefined) return [];
      const associate = {...named({AllocationId}), NetworkInterfaceId: any.eni, AllowReassociation: true, DryRun: true};
      const disassociate = {AssociationId: AssociationId ?? 'eipassoc-00000000000000000', DryRun: true};
      return [
        {
          action: 'AssociateAddress',
          attempt: inTime => api.once((ec2, options) => ec2.associateAddress(associate, options), inTime),
        },
        {
          action: 'DisassociateAddress',
          attempt: inTime => api.once((ec2, options) => ec2.disassociateAddress(disassociate, options), inTime),
        },
      ];
    },
  };
};

const readAddress = async ({api, ips}: AwsMeans, signal: AbortSignal): Promise<Address> => {
  const {Addresses = []} = await api.call('DescribeAddresses', {about: '', signal}, (ec2, options) =>
    ec2.describeAddresses({PublicIps: [...ips]}, options),
  );
  const [address] = Addresses;
  if (address !== undefined) return address;
  throw new CloudFailed(`${api.label}: DescribeAddresses: this account has no such Elastic IP in the region`, {
    hint: 'allocate it, or correct writer_vip_cidr or aws_region',
    isWorthAnotherTry: false,
  });
};

const holders = async (
  {NetworkInterfaceId: eni, InstanceId: instance, AssociationId}: Address,
  {interfaces}: AwsMeans,
  signal: AbortSignal,
): Promise<readonly CloudHolder[]> => {
  if (AssociationId === undefined) return [];
  const known = await interfaces.all(signal);
  const host = known.find(one => one.eni === eni)?.host;
  return [{host, place: instance === undefined ? `${eni}` : `${eni} of ${instance}`, isWhole: true}];
};

/** With reassociation allowed, EC2 would silently take the host's own Elastic IP away. */
const refuseOtherAddress = ({api, ips}: AwsMeans, {host, eni, elasticIp: own}: HostInterface): void => {
  if (own === undefined || ips.includes(own)) return;
  throw new CloudFailed(`${api.label} on ${host}: ${eni} has the Elastic IP ${own} already, which would be lost`, {
    hint: 'give the host a second interface for the VIP and name it with aws_interface',
    isWorthAnotherTry: false,
  });
};

const named = ({AllocationId}: {AllocationId?: string | undefined}) =>
  AllocationId === undefined ? {} : {AllocationId};
