import {type Cidr, formatCidr} from './address.ts';
import type {Network, RunOptions} from './network.ts';

/** One address to add to or remove from an interface. */
export interface AddressChange extends Cidr {
  readonly act: 'add' | 'del';
  readonly interface: string;
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

/** IPv6 is added with `nodad`: the kernel's own detection would keep the address unusable for a second, and ours is done. */
const words = ({act, interface: name, ...cidr}: AddressChange): string[] => {
  const nodad = act === 'add' && cidr.address.family === 6 ? ['nodad'] : [];
  return [act, formatCidr(cidr), 'dev', name, ...nodad];
};
