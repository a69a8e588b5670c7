import type {NetworkInterface} from '@aws-sdk/client-ec2';
import type {CloudHolder} from '../cloud.ts';
import {isOnlyHolder} from '../cloud-vip.ts';
import type {AwsMeans, AwsMode} from './aws-vip.ts';
import {describeInterfaces, sayInterface} from './interfaces.ts';
import {makeChange} from './make-change.ts';

/** A secondary private address of the host's interface, moved inside its subnet. */
export const privateIp = (means: AwsMeans): AwsMode => {
  const {api, interfaces, ips} = means;
  const findHolders = async (signal: AbortSignal) => holders(await carriers(means, signal), means, signal);
  return {
    findHolders,
    grant: async (host, {from, signal}) => {
      const {eni} = await interfaces.of(host, signal);
      // With nobody to take it from, EC2 itself refuses an address that somebody has got since we looked.
      const AllowReassignment = from.length > 0;
      const input = {NetworkInterfaceId: eni, PrivateIpAddresses: [...ips], AllowReassignment};
      const isDone = async () => isOnlyHolder(await findHolders(signal), host);
      await makeChange({api, action: 'AssignPrivateIpAddresses', host, signal, isDone}, (ec2, options) =>
        ec2.assignPrivateIpAddresses(input, options),
      );
      await api.untilShown(`${host} alone has the address`, signal, isDone);
      return [];
    },
    revoke: async (host, signal) => {
      const own = await interfaces.find(host, signal);
      const isDone = async () => !(await findHolders(signal)).some(one => one.host === host);
      if (own === undefined || (await isDone())) return;
      const held = addressesOf(await carriers(means, signal), own.eni, ips);
      const input = {NetworkInterfaceId: own.eni, PrivateIpAddresses: held};
      await makeChange({api, action: 'UnassignPrivateIpAddresses', host, signal, isDone}, (ec2, options) =>
        ec2.unassignPrivateIpAddresses(input, options),
      );
      await api.untilShown(`${host} has lost the address`, signal, isDone);
    },
    permissionProbes: async signal => {
      const [any] = await interfaces.all(signal);
      if (any === undefined) return [];
      // These actions know no DryRun. No interface can have this address, so that whoever may, is told it is invalid.
      const input = {NetworkInterfaceId: any.eni, PrivateIpAddresses: ['192.0.2.1']};
      return [
        {
          action: 'AssignPrivateIpAddresses',
          attempt: abortSignal =>
            api.once(
              (ec2, options) => ec2.assignPrivateIpAddresses({...input, AllowReassignment: false}, options),
              abortSignal,
            ),
        },
        {
          action: 'UnassignPrivateIpAddresses',
          attempt: abortSignal =>
            api.once((ec2, options) => ec2.unassignPrivateIpAddresses(input, options), abortSignal),
        },
      ];
    },
  };
};

/** Interfaces with any of the addresses, in the hosts' own networks: another VPC may use the same ones. */
const carriers = async (
  {api, interfaces, ips}: AwsMeans,
  signal: AbortSignal,
): Promise<readonly NetworkInterface[]> => {
  const vpcs = [...new Set((await interfaces.all(signal)).map(({vpcId}) => vpcId))];
  if (vpcs.length === 0) return [];
  const Filters = [
    {Name: 'addresses.private-ip-address', Values: [...ips]},
    {Name: 'vpc-id', Values: vpcs},
  ];
  return describeInterfaces(api, Filters, signal);
};

const holders = async (
  enis: readonly NetworkInterface[],
  {interfaces, ips}: AwsMeans,
  signal: AbortSignal,
): Promise<readonly CloudHolder[]> => {
  const known = await interfaces.all(signal);
  return enis.map(eni => ({
    host: known.find(one => one.eni === eni.NetworkInterfaceId)?.host,
    place: sayInterface(eni),
    isWhole: addressesOf([eni], eni.NetworkInterfaceId, ips).length === ips.length,
  }));
};

const addressesOf = (enis: readonly NetworkInterface[], id: string | undefined, ips: readonly string[]): string[] => {
  const eni = enis.find(({NetworkInterfaceId}) => NetworkInterfaceId === id);
  const all = (eni?.PrivateIpAddresses ?? []).flatMap(({PrivateIpAddress}) => PrivateIpAddress ?? []);
  return all.filter(ip => ips.includes(ip));
};
