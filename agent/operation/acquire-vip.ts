import type {AcquireVip, Vip} from '../../proto/gen/mha_helper/v1/agent.ts';
import {addressKey, formatCidr} from '../network/address.ts';
import {announce} from '../network/announce.ts';
import {type Changed, changeAddresses} from '../network/change-addresses.ts';
import type {Detections} from '../network/detect-duplicate.ts';
import {readInterfaces} from '../network/read-addresses.ts';
import type {IntentContext, Outcome} from './context.ts';
import {isSettled, type Placement, placeVip, toAddressChanges, toChanges} from './place-vip.ts';
import {awaitKernel, refuseDuplicates} from './refuse-duplicates.ts';
import {couldNot, notVerified, refuseToLose} from './vip-refusals.ts';

/**
 * Puts the addresses on this host. Returns when each is on its interface, read back, found nowhere else on this
 * host, and announced. One read, one change, one read, however many addresses.
 * @param detections begun when the operation opened; without them detection begins now and costs detect_ms.
 */
export const acquireVip = async (
  context: IntentContext,
  request: AcquireVip,
  detections?: Detections,
): Promise<Outcome> => {
  const start = performance.now();
  const interfaces = await readInterfaces(context.network, context.signal);
  const found = request.vips.map(vip => placeVip(vip, interfaces));
  await refuseToLose(
    context.network,
    interfaces,
    found.flatMap(({strays}) => strays),
  );
  const {placements, notes} = await refuseDuplicates(context, found, detections);
  for (const {vip, inPlace} of placements) {
    if (inPlace !== undefined) context.progress(`${vip.cidr} is on ${vip.interface} already`);
  }
  const more = await settle(context, placements);
  const misplaced = placements.filter(each => !isSettled(each));
  const ms = Math.round(performance.now() - start);
  for (const placement of misplaced) context.progress(sayDone(placement, ms));
  return {changed: misplaced.length > 0, notes: [...notes, ...more]};
};

const sayDone = ({vip, inPlace, strays}: Placement, ms: number): string =>
  inPlace?.preferred && strays.length === 0
    ? `${vip.cidr} is no source address of this host any more (${ms} ms)`
    : `${vip.cidr} is on ${vip.interface} now (${ms} ms)`;

/** Changes what is misplaced, reads it back and announces all. Answers notes of what is not as it should be, but works. */
const settle = async (context: IntentContext, placements: readonly Placement[]): Promise<readonly string[]> => {
  const misplaced = placements.filter(each => !isSettled(each));
  const waiting = placements.filter(isLookedForByKernel);
  const usable = placements.filter(each => !waiting.includes(each));
  const changed = await change(context, misplaced);
  // Whether the kernel has found one elsewhere is told when it has looked, unless `ip` failed.
  const doubts = verify(changed.failure === undefined ? without(misplaced, waiting) : misplaced, changed);
  const notes = await announceAll(context, usable);
  await withdrawTombstones(context, placements); // behind the announcement: they answer nobody for an address that is here
  return [...notes, ...doubts, ...(await settleWaiting(context, waiting, changed.failure))];
};

/** Added for the kernel to look, or added by somebody else in this second. */
const isLookedForByKernel = ({inPlace, kernelDetects}: Placement): boolean =>
  kernelDetects === true || inPlace?.detection === 'looking';

const without = (placements: readonly Placement[], others: readonly Placement[]): readonly Placement[] =>
  placements.filter(each => !others.includes(each));

/** The kernel answers nobody for an address that it still looks for: announcing that one earlier would be a lie. */
const settleWaiting = async (
  context: IntentContext,
  waiting: readonly Placement[],
  failure: unknown,
): Promise<readonly string[]> => {
  const {network, signal} = context;
  if (waiting.length === 0) return [];
  await Promise.all(
    waiting.map(({vip, cidr}) => awaitKernel(network, {cidr, interface: vip.interface, sudo: vip.sudo}, signal)),
  );
  const doubts = verify(waiting, {interfaces: await readInterfaces(network, signal), failure});
  return [...doubts, ...(await announceAll(context, waiting))];
};

/** This host refused connections to the address while it was elsewhere. */
const withdrawTombstones = ({network, signal}: IntentContext, placements: readonly Placement[]): Promise<void> => {
  const back = new Set(placements.map(({cidr}) => addressKey(cidr.address)));
  return network.tombstones.withdraw(({address}) => back.has(addressKey(address)), signal);
};

const change = async (context: IntentContext, misplaced: readonly Placement[]): Promise<Changed> => {
  if (misplaced.length === 0) return {interfaces: [], failure: undefined};
  await context.willChange(...misplaced.flatMap(toChanges));
  const sudo = misplaced.some(({vip}) => vip.sudo);
  return changeAddresses(context.network, toAddressChanges(misplaced), {sudo, signal: context.signal});
};

/** The state decides, whatever `ip` said. Answers notes about addresses that are there, but not just as wanted. */
const verify = (misplaced: readonly Placement[], {interfaces, failure}: Changed): readonly string[] =>
  misplaced.flatMap(({vip}) => {
    const {inPlace, strays} = placeVip(vip, interfaces);
    if (inPlace === undefined || strays.length > 0) {
      const what = `put ${vip.cidr} on ${vip.interface}`;
      const shown = inPlace === undefined ? 'it is not there' : `it is also ${strays.map(formatCidr).join(', ')}`;
      throw failure === undefined ? notVerified(what, shown) : couldNot(what, failure);
    }
    return inPlace.preferred ? [`${vip.cidr} may be the source of this host's own connections; see ip -6 addr`] : [];
  });

const announceAll = async (
  {network, signal}: IntentContext,
  placements: readonly Placement[],
): Promise<readonly string[]> => {
  const vips: readonly Vip[] = placements.map(({vip}) => vip);
  const notes = await Promise.all(vips.filter(vip => vip.announce).map(vip => announce(network, vip, signal)));
  return notes.filter(note => note !== undefined);
};
