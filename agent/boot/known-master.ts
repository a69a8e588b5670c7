import type {AllowedVip} from '../config/agent-config.ts';
import {parseCidr, sameCidr} from '../network/address.ts';
import {detectDuplicate} from '../network/detect-duplicate.ts';
import type {Network} from '../network/network.ts';
import {readVipStatuses} from '../network/read-addresses.ts';
import type {Journal} from '../operation/journal.ts';
import {isMaster} from '../operation/mastership.ts';

/** Who is away for longer may have been replaced, and its successor be gone as well. */
const shortAbsenceMs = 15 * 60_000;
/** Nobody waits for a failover now: longer than an operation listens. */
const listenMs = 1_000;

export interface MastershipMeans {
  readonly journal: Journal;
  readonly network: Network;
  readonly vips: readonly AllowedVip[];
  readonly instances: Iterable<number>;
}

/** Writes into the journal that this host goes in order while it is a master: it holds a VIP, and was made so by its last operation. */
export const leaveAsMaster = async ({journal, network, vips, instances}: MastershipMeans): Promise<void> => {
  const ports = [...instances].filter(port => isMaster(journal.records(), port));
  if (ports.length === 0) return;
  const held = (await readVipStatuses(network, vips, AbortSignal.timeout(listenMs))).filter(({present}) => present);
  if (held.length > 0) await journal.leave({ports, vips: held.map(({cidr}) => cidr), atMs: Date.now()});
};

/**
 * The instances that are masters although the host was away: it went in order, as their master with a VIP, is back
 * soon, and no machine answers for the VIP. One that crashed is not known: its failover may be under way.
 */
export const knownMasters = async ({journal, network, vips}: MastershipMeans): Promise<readonly number[]> => {
  const {left} = journal;
  const absentMs = left === undefined ? Number.NaN : Date.now() - left.atMs;
  if (left === undefined || !(absentMs >= 0 && absentMs <= shortAbsenceMs)) return [];
  const held = vips.filter(({cidr}) => left.vips.some(one => sameCidr(parseCidr(one), parseCidr(cidr))));
  if (held.length < left.vips.length) return [];
  const signal = AbortSignal.timeout(2 * listenMs);
  const heard = await Promise.all(
    held.map(vip => detectDuplicate(network, {...vip, detectMs: listenMs, sudo: false}, signal)),
  );
  return heard.every(({macs, note}) => macs.length === 0 && note === undefined) ? left.ports : [];
};
