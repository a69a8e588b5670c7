import {type Cidr, formatCidr} from './address.ts';
import type {Network, RunOptions} from './network.ts';

/** One address to add to an interface, to remove from it, or to change there. */
export interface AddressChange extends Cidr {
  readonly act: 'add' | 'change' | 'del';
  readonly interface: string;
  /** IPv4: what `ifconfig` and `ip addr show label` know it by. Default: none but the interface's name. */
  readonly label?: string | undefined;
  /** IPv6: connections of this host may come from it. Default: never, since it moves away under them. */
  readonly preferred?: boolean | undefined;
  /** IPv6: the kernel looks for duplicates, which takes a second or two; until then the address is of no use. */
  readonly kernelDetects?: boolean | undefined;
}

/**
 * Makes the changes in the order given, with one process for all of them: each start of `ip` costs some 4 ms, and
 * nobody can write meanwhile. Throws `CommandFailed`, perhaps after some changes were made: read the addresses again.
 */
export const changeAddresses = async (
  network: Network,
  changes: readonly AddressChange[],
  options: Pick<RunOptions, 'sudo' | 'signal'>,
): Promise<void> => {
  const [first, ...others] = changes;
  if (first === undefined) return;
  if (others.length === 0) {
    await network.run('ip', ['addr', ...words(first)], options);
    return;
  }
  const input = changes.map(change => `addr ${words(change).join(' ')}\n`).join('');
  // -force: one that is gone or there already does not stop the others; reading back tells about each.
  await network.run('ip', ['-force', '-batch', '-'], {...options, input});
};

/** The kernel's limit for a label, and for the name of an interface. */
const longestLabel = 15;

/** `eth0:vip`; undefined where that is longer than the kernel takes. */
export const labelFor = (interfaceName: string): string | undefined => {
  const label = `${interfaceName}:vip`;
  return label.length > longestLabel ? undefined : label;
};

const words = (change: AddressChange): string[] => {
  const place = [change.act, formatCidr(change), 'dev', change.interface];
  if (change.act === 'del') return place;
  return [...place, ...(change.address.family === 4 ? labelWords(change) : lifetimeWords(change))];
};

const labelWords = ({label}: AddressChange): string[] => (label === undefined ? [] : ['label', label]);

/** `nodad` where our own probe was made: the kernel's would keep the address unusable for a second or two. */
const lifetimeWords = ({preferred = false, kernelDetects = false}: AddressChange): string[] => [
  ...(kernelDetects ? [] : ['nodad']),
  'preferred_lft',
  preferred ? 'forever' : '0',
];
