import type {OpenStackHost} from '../../config/cluster-config.ts';
import {CloudFailed} from '../cloud.ts';
import {changePort} from './change-port.ts';
import {OpenStackRefused} from './failure.ts';
import {findKnownPorts, hostOfPort, sumHolders} from './find-host.ts';
import type {Mode, Place} from './mode.ts';
import {namePort, type Port} from './neutron.ts';

/** The VIP is a further fixed IP of the master's port. Neutron itself lets only one port of a network have it. */
export const fixedIp: Mode = {
  findHolders: async place => {
    const known = await findKnownPorts(place);
    const networks = new Set(known.ports.map(({port}) => port.networkId));
    const perVip = await Promise.all(place.vips.map(vip => portsWith(vip, place)));
    const found = perVip.flat().flatMap(port => {
      const host = hostOfPort(known, port.id);
      // the same address in a network that has none of our hosts is another address
      if (host === undefined && !networks.has(port.networkId)) return [];
      return [{host: host?.name, place: namePort(port)}];
    });
    return sumHolders(found, place.vips.length);
  },
  give: async (host, place) => {
    const {id} = await place.portOf(host);
    try {
      await changePort(place.neutron, id, ({fixedIps}) => {
        const missing = place.vips.filter(vip => !fixedIps.some(({address}) => address === vip));
        if (missing.length === 0) return undefined;
        return {fixedIps: [...fixedIps, ...missing.map(address => ({address, subnetId: ''}))]};
      });
    } catch (error) {
      throw await explainTaken(error, host, place);
    }
  },
  take: async (host, {neutron, vips, portOf}) => {
    await changePort(neutron, (await portOf(host)).id, port => {
      const kept = port.fixedIps.filter(({address}) => !vips.includes(address));
      if (kept.length === port.fixedIps.length) return undefined;
      if (kept.length === 0) throw wouldLoseLast(host, port);
      return {fixedIps: kept};
    });
  },
  check: async () => [],
};

const portsWith = (vip: string, {neutron}: Place): Promise<readonly Port[]> =>
  neutron.listPorts({fixed_ips: `ip_address=${vip}`});

const takenTypes = ['IpAddressInUse', 'IpAddressAlreadyAllocated'];

/** Neutron says only that it is taken; the operator wants to know by whom. */
const explainTaken = async (error: unknown, {name}: OpenStackHost, place: Place): Promise<unknown> => {
  if (!(error instanceof OpenStackRefused) || !takenTypes.includes(error.type)) return error;
  const owners = (await Promise.all(place.vips.map(vip => portsWith(vip, place)))).flat();
  const who = owners.map(namePort).join(', ') || 'a port that the account does not see';
  return new CloudFailed(`${error.message}; it is on ${who}, and was not given to ${name}`, {
    hint: 'find out who uses it there, and take it away',
    isWorthAnotherTry: false,
    cause: error,
  });
};

const wouldLoseLast = ({name}: OpenStackHost, port: Port): CloudFailed =>
  new CloudFailed(
    `openstack: the VIP is the only fixed IP of ${namePort(port)} of ${name}: without it the host has no network`,
    {
      hint: 'give the port an address of its own: openstack port set --fixed-ip subnet=…',
      isWorthAnotherTry: false,
    },
  );
