import {BlockList, isIPv4} from 'node:net';
import {canonicalAddress} from '../../config/address.ts';
import type {OpenStackHost} from '../../config/cluster-config.ts';
import {CloudFailed, type CloudFinding, type CloudHolder} from '../cloud.ts';
import {changePort} from './change-port.ts';
import type {Mode, Place} from './mode.ts';
import {type AddressPair, namePort, type Port} from './neutron.ts';

/**
 * The master's port alone allows the VIP as an address beside its own; Neutron drops the VIP's packets from and to
 * every other. A port that lets the VIP through for another reason holds it just as well, and is told as such.
 */
export const allowedAddressPair: Mode = {
  findHolders: async place => {
    const ports = await Promise.all(place.hosts.map(async host => ({host, port: await place.portOf(host)})));
    return ports.flatMap(({host, port}) => holderOf(host, port, place.vips));
  },
  give: async (host, {neutron, vips, portOf}) => {
    await changePort(neutron, (await portOf(host)).id, port => {
      const missing = vips.filter(vip => !port.pairs.some(pair => isPairOf(pair, vip)));
      return missing.length === 0 ? undefined : {pairs: [...port.pairs, ...missing.map(vip => ({cidr: vip, mac: ''}))]};
    });
  },
  take: async (host, {neutron, vips, portOf}) => {
    const port = await changePort(neutron, (await portOf(host)).id, ({pairs}) => {
      const kept = pairs.filter(pair => !vips.some(vip => isPairOf(pair, vip)));
      return kept.length === pairs.length ? undefined : {pairs: kept};
    });
    const why = vips.flatMap(vip => whyAllowedAnyway(port, vip) ?? [])[0];
    if (why !== undefined) throw cannotTake(host, port, why);
  },
  check: async place => [...(await checkPorts(place)), ...(await checkReservations(place))],
};

const holderOf = (host: OpenStackHost, port: Port, vips: readonly string[]): CloudHolder[] => {
  const own = vips.filter(vip => port.pairs.some(pair => isPairOf(pair, vip)));
  const anyway = vips.map(vip => whyAllowedAnyway(port, vip)).find(why => why !== undefined);
  if (own.length === 0 && anyway === undefined) return [];
  const place = anyway === undefined ? namePort(port) : `${namePort(port)}, ${anyway}`;
  return [{host: host.name, place, isWhole: own.length === vips.length}];
};

/** A reason beside the VIP's own pair for which Neutron lets it through. */
const whyAllowedAnyway = (port: Port, vip: string): string | undefined => {
  if (!port.hasPortSecurity) return 'whose port security is off';
  const wide = port.pairs.find(pair => !isPairOf(pair, vip) && contains(pair.cidr, vip));
  if (wide !== undefined) return `which allows all of ${wide.cidr}`;
  return port.fixedIps.some(({address}) => address === vip) ? 'whose own fixed IP it is' : undefined;
};

const isPairOf = ({cidr}: AddressPair, vip: string): boolean => {
  const [address = '', prefix] = cidr.split('/');
  return canonicalAddress(address) === vip && (prefix === undefined || prefix === (isIPv4(vip) ? '32' : '128'));
};

const contains = (cidr: string, vip: string): boolean => {
  const [address = '', prefix] = cidr.split('/');
  if (prefix === undefined || canonicalAddress(address) === undefined || isIPv4(address) !== isIPv4(vip)) return false;
  const family = isIPv4(vip) ? 'ipv4' : 'ipv6';
  const range = new BlockList();
  range.addSubnet(address, Number(prefix), family);
  return range.check(vip, family);
};

const cannotTake = ({name}: OpenStackHost, port: Port, why: string): CloudFailed =>
  new CloudFailed(`openstack: the VIP cannot be taken from ${name}: it has ${namePort(port)}, ${why}`, {
    hint: cure,
    isWorthAnotherTry: false,
  });

const cure = 'with openstack_mode = allowed_address_pair a port may allow the VIP by a pair of its own only';

const checkPorts = async ({hosts, vips, portOf}: Place): Promise<readonly CloudFinding[]> => {
  const ports = await Promise.all(hosts.map(async host => ({host, port: await portOf(host).catch(() => undefined)})));
  return ports.flatMap(({host, port}): readonly CloudFinding[] => {
    const why = port && vips.flatMap(vip => whyAllowedAnyway(port, vip) ?? [])[0];
    if (port === undefined || why === undefined) return [];
    return [{result: 'FAIL', text: `${host.name} has ${namePort(port)}, ${why}`, hint: cure}];
  });
};

/** Neutron gives an address that nobody has reserved to the next server that comes. */
const checkReservations = async ({neutron, hosts, vips, portOf}: Place): Promise<readonly CloudFinding[]> => {
  const [first] = await Promise.all(hosts.slice(0, 1).map(portOf));
  const findings = await Promise.all(
    vips.map(async (vip): Promise<readonly CloudFinding[]> => {
      const [port] = await neutron.listPorts({fixed_ips: `ip_address=${vip}`, network_id: first?.networkId ?? ''});
      if (port === undefined)
        return [
          {
            result: 'note',
            text: `no port reserves ${vip}`,
            hint: 'openstack port create --fixed-ip ip-address=… keeps it from new servers',
          },
        ];
      if (port.deviceId === '') return [];
      const text = `${vip} is the fixed IP of ${namePort(port)}, which is in use (${port.deviceOwner})`;
      return [{result: 'FAIL', text, hint: 'find out whose it is and take it away there'}];
    }),
  );
  return findings.flat();
};
