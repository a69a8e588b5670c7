import type {Vip, VipStatus} from '../../proto/gen/mha_helper/v1/agent.ts';
import {type Address, type Cidr, formatCidr, inSameSubnet, parseAddress, parseCidr, sameAddress} from './address.ts';
import type {Network} from './network.ts';

/** One network interface as `ip` shows it. */
export interface Interface {
  readonly name: string;
  readonly mac: string;
  /** Administratively up and with a carrier: a frame would leave. */
  readonly linkUp: boolean;
  readonly addresses: readonly HeldAddress[];
}

/** An address of this host. */
export interface HeldAddress extends Cidr {
  readonly interface: string;
  /** Not the first of its subnet on this interface; goes when the first one goes, unless it is promoted. */
  readonly secondary: boolean;
  /** IPv4 only: the name of the interface, or that with `:something`. */
  readonly label: string | undefined;
  /** IPv6 only: connections of this host may come from it. */
  readonly preferred: boolean;
  /** IPv6 only: `looking`: the kernel still looks for another machine with it; `failed`: there is one, so this host does not use it. */
  readonly detection: 'done' | 'looking' | 'failed';
}

/** All interfaces of this host with their addresses, as they are now: one question. */
export const readInterfaces = async (network: Network, signal: AbortSignal): Promise<readonly Interface[]> =>
  toInterfaces(await network.showAddresses(signal));

/** @param shown by `ip -j addr show`. */
export const toInterfaces = (shown: readonly unknown[]): readonly Interface[] =>
  (shown as readonly IpInterface[]).flatMap(toInterface);

/** Where an address is on this host, on any interface and with any prefix length. */
export const findAddress = (interfaces: readonly Interface[], wanted: Address): readonly HeldAddress[] =>
  interfaces.flatMap(({addresses}) => addresses.filter(({address}) => sameAddress(address, wanted)));

/**
 * What the kernel would remove along with this address: the secondaries of its IPv4 subnet on that interface,
 * when the address is their primary and promote_secondaries is off.
 */
export const wouldLose = async (
  network: Network,
  interfaces: readonly Interface[],
  held: HeldAddress,
): Promise<readonly HeldAddress[]> => {
  if (held.address.family === 6 || held.secondary) return [];
  const neighbours = interfaces.find(({name}) => name === held.interface)?.addresses ?? [];
  const dependent = neighbours.filter(
    other => other.secondary && inSameSubnet(other, held) && !sameAddress(other.address, held.address),
  );
  if (dependent.length === 0) return [];
  return (await promotesSecondaries(network, held.interface)) ? [] : dependent;
};

type WantedVip = Pick<Vip, 'cidr' | 'interface'>;

/** Where each of the addresses is, with one question for all. */
export const readVipStatuses = async (
  network: Network,
  vips: readonly WantedVip[],
  signal: AbortSignal,
): Promise<VipStatus[]> => {
  if (vips.length === 0) return [];
  const interfaces = await readInterfaces(network, signal);
  return Promise.all(vips.map(vip => statusOf(network, interfaces, vip)));
};

const statusOf = async (network: Network, interfaces: readonly Interface[], vip: WantedVip): Promise<VipStatus> => {
  const everywhere = findAddress(interfaces, parseCidr(vip.cidr).address);
  const held = everywhere.find(each => each.interface === vip.interface) ?? everywhere[0];
  const place = held?.interface ?? vip.interface;
  return {
    cidr: vip.cidr,
    present: held !== undefined,
    interface: place,
    mac: interfaces.find(({name}) => name === place)?.mac ?? '',
    wouldLose: held === undefined ? [] : (await wouldLose(network, interfaces, held)).map(formatCidr),
    prefixLength: held?.prefixLength ?? 0,
  };
};

/** The kernel promotes when either the interface's own switch or the one for all interfaces is on. */
const promotesSecondaries = async (network: Network, name: string): Promise<boolean> => {
  const switches = ['all', name].map(async each =>
    (await network.readSetting(`/proc/sys/net/ipv4/conf/${each}/promote_secondaries`)).trim(),
  );
  return (await Promise.all(switches)).includes('1');
};

/** The part of `ip -j addr show` that is used here. It leaves out what does not apply. */
interface IpInterface {
  readonly ifname?: string;
  readonly address?: string;
  readonly flags?: readonly string[];
  readonly addr_info?: readonly IpAddress[];
}

interface IpAddress {
  readonly local?: string;
  readonly prefixlen?: number;
  readonly secondary?: boolean;
  readonly label?: string;
  readonly deprecated?: boolean;
  readonly tentative?: boolean;
  readonly dadfailed?: boolean;
}

const toInterface = ({ifname, address = '', flags = [], addr_info = []}: IpInterface): Interface[] => {
  if (ifname === undefined) return [];
  const addresses = addr_info.flatMap(shown => toHeldAddress(ifname, shown));
  const linkUp = flags.includes('UP') && flags.includes('LOWER_UP') && !flags.includes('NO-CARRIER');
  return [{name: ifname, mac: address, linkUp, addresses}];
};

const toHeldAddress = (name: string, shown: IpAddress): HeldAddress[] => {
  const {local, prefixlen, secondary = false, label, deprecated = false, tentative = false, dadfailed = false} = shown;
  if (local === undefined || prefixlen === undefined) return [];
  const address = parseAddress(local);
  const detection = dadfailed ? 'failed' : tentative ? 'looking' : 'done';
  const preferred = address.family === 6 && !deprecated;
  return [{address, prefixLength: prefixlen, interface: name, secondary, label, preferred, detection}];
};
