import type {AllowedVip} from './config/agent-config.ts';
import type {Log} from './log.ts';
import {addressKey, parseCidr} from './network/address.ts';
import {announceAgain} from './network/announce.ts';
import type {Network} from './network/network.ts';
import {findAddress, readInterfaces} from './network/read-addresses.ts';
import {type LinkWatch, watchLinks} from './network/watch-links.ts';
import type {VipChange} from './operation/change.ts';
import type {OperationRecord} from './operation/record.ts';

export interface LinkLossMeans {
  readonly vips: readonly AllowedVip[];
  readonly network: Network;
  /** Oldest first. */
  readonly records: () => readonly OperationRecord[];
  readonly log: Log;
}

/**
 * Tells the neighbours again where a VIP is when the link of its interface is back: their switch may have forgotten. A
 * host that was cut off may have lost its VIP to another one meanwhile; then it stays silent, and says so in its log.
 */
export const announceAfterLinkLoss = (means: LinkLossMeans): LinkWatch => {
  const {vips, network, log} = means;
  if (vips.length === 0) return {stop: async () => {}};
  const onBack = (name: string): void => {
    const concerned = vips.filter(vip => vip.interface === name);
    if (concerned.length === 0) return;
    tellNeighbours(concerned, means).catch((cause: unknown) =>
      log.warn('the link is back, but its VIPs were not announced', {interface: name, cause}),
    );
  };
  return watchLinks({network, log, onBack});
};

const tellNeighbours = async (vips: readonly AllowedVip[], {network, records, log}: LinkLossMeans): Promise<void> => {
  // An operation that is open knows better where its address belongs, and announces it itself.
  if (records().some(({state}) => state === 'open')) return;
  const interfaces = await readInterfaces(network, AbortSignal.timeout(readMs));
  for (const vip of vips) {
    const isHere = findAddress(interfaces, parseCidr(vip.cidr).address).some(one => one.interface === vip.interface);
    const {announce, sudo} = lastAsked(records(), vip);
    if (!isHere || !announce) continue;
    const place = {interface: vip.interface, vip: vip.cidr};
    const problem = announceAgain(network, {...vip, sudo}, macs =>
      log.error('the link is back, but another machine has the VIP now: take it off one of the two', {...place, macs}),
    );
    if (problem === undefined) log.info('the link is back: the VIP is announced again', place);
    else log.warn('the link is back, but its VIP is not announced', {...place, problem});
  }
};

const readMs = 5000;

/** As the newest operation on this address was asked to announce. One that was put here by hand is announced. */
const lastAsked = (records: readonly OperationRecord[], {cidr}: AllowedVip): Pick<VipChange, 'announce' | 'sudo'> => {
  const key = addressKey(parseCidr(cidr).address);
  const changes = records.flatMap(record => record.changes);
  const last = changes.findLast(
    (change): change is VipChange => change.kind === 'vip' && addressKey(parseCidr(change.cidr).address) === key,
  );
  return last ?? {announce: true, sudo: false};
};
