import {parseCidr} from '../network/address.ts';
import type {Network} from '../network/network.ts';
import {describeTombstone, sameTombstone, type Tombstone} from '../network/tombstone-script.ts';
import type {TombstoneChange} from './change.ts';

/** Undoing twice is success, and so is undoing what an earlier life of the agent planted: its start removed that. */
export const undoTombstone = async (
  change: TombstoneChange,
  {network, signal}: {readonly network: Network; readonly signal: AbortSignal},
): Promise<string> => {
  const tombstone = toTombstone(change);
  await network.tombstones.withdraw(one => sameTombstone(one, tombstone), signal);
  return `connections to ${describeTombstone(tombstone)} are refused no longer`;
};

export const toTombstone = ({cidr, interface: name, port}: TombstoneChange): Tombstone => ({
  address: parseCidr(cidr).address,
  interface: name,
  port,
});
