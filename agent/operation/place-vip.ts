import type {Vip} from '../../proto/gen/mha_helper/v1/agent.ts';
import {type Cidr, formatCidr, parseCidr} from '../network/address.ts';
import {type AddressChange, labelFor} from '../network/change-addresses.ts';
import {findAddress, type HeldAddress, type Interface} from '../network/read-addresses.ts';
import {Refused} from '../refusal.ts';
import type {VipChange} from './change.ts';

/** One address, where it belongs and where it is. */
export interface Placement {
  readonly vip: Vip;
  readonly cidr: Cidr;
  /** The address where it belongs; undefined: not there, or not usable since the kernel has seen it on another machine. */
  readonly inPlace: HeldAddress | undefined;
  /** Where it belongs, but of no use: to be removed and added again. */
  readonly failed: HeldAddress | undefined;
  /** The same address on another interface or with another prefix length. */
  readonly strays: readonly HeldAddress[];
  /** The kernel is to look for duplicates, since we could not. */
  readonly kernelDetects?: boolean;
}

/** Refuses an interface that is not there or has no link: an address on it would reach nobody. */
export const placeVip = (vip: Vip, interfaces: readonly Interface[]): Placement => {
  const cidr = parseCidr(vip.cidr);
  const home = interfaces.find(({name}) => name === vip.interface);
  if (home === undefined) {
    const names = interfaces.map(({name}) => name).join(', ');
    throw new Refused('INVALID', `${vip.cidr}: this host has no interface ${vip.interface}; it has ${names}`, {
      hint: 'correct cluster_interface',
    });
  }
  if (!home.linkUp) {
    throw new Refused('COMMAND_FAILED', `${vip.cidr} was not added: the link of ${vip.interface} is down`, {
      hint: `look at: ip link show ${vip.interface}`,
    });
  }
  const held = findAddress(interfaces, cidr.address);
  const isAtHome = (each: HeldAddress) => each.interface === vip.interface && each.prefixLength === cidr.prefixLength;
  const there = held.find(isAtHome);
  const isFailed = there?.detection === 'failed';
  return {
    vip,
    cidr,
    inPlace: isFailed ? undefined : there,
    failed: isFailed ? there : undefined,
    strays: held.filter(each => !isAtHome(each)),
  };
};

export const isSettled = ({inPlace, strays}: Placement): boolean =>
  inPlace !== undefined && !inPlace.preferred && strays.length === 0;

/** For the journal. One that is of no use is not worth putting back: it counts as absent before. */
export const toChanges = ({vip, inPlace, strays}: Placement): VipChange[] => {
  const same = {kind: 'vip', announce: vip.announce, sudo: vip.sudo} as const;
  const here = {...same, cidr: vip.cidr, interface: vip.interface};
  const own: VipChange[] =
    inPlace === undefined
      ? [{...here, before: 'absent'}]
      : inPlace.preferred
        ? [{...here, before: 'present', preferred: true}]
        : [];
  const removed = strays.map(
    (stray): VipChange => ({...same, cidr: formatCidr(stray), interface: stray.interface, ...asItWas(stray)}),
  );
  return [...own, ...removed];
};

/** What an undo of its removal needs. */
export const asItWas = ({label, preferred, interface: name, address}: HeldAddress) =>
  ({
    before: 'present',
    ...(label === undefined || label === name ? {} : {label}),
    ...(address.family === 6 ? {preferred} : {}),
  }) as const;

/** Adds before it removes, so that connections through the address live on. */
export const toAddressChanges = (misplaced: readonly Placement[]): readonly AddressChange[] => {
  const failed = misplaced.flatMap(({failed}) => (failed === undefined ? [] : [failed]));
  return [
    ...failed.map(each => ({...each, act: 'del'}) as const),
    ...misplaced.flatMap(toAddition),
    ...misplaced.flatMap(({strays}) => strays.map(stray => ({...stray, act: 'del'}) as const)),
  ];
};

const toAddition = ({vip, cidr, inPlace, kernelDetects = false}: Placement): AddressChange[] => {
  const here = {...cidr, interface: vip.interface};
  if (inPlace === undefined) return [{...here, act: 'add', label: labelFor(vip.interface), kernelDetects}];
  return inPlace.preferred ? [{...here, act: 'change'}] : [];
};
