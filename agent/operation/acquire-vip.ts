import type {AcquireVip, Vip} from '../../proto/gen/mha_helper/v1/agent.ts';
import {addressKey, type Cidr, formatCidr, parseCidr} from '../network/address.ts';
import {announce} from '../network/announce.ts';
import {changeAddresses} from '../network/change-addresses.ts';
import {type Detections, detectDuplicate} from '../network/detect-duplicate.ts';
import {findAddress, type HeldAddress, type Interface, readInterfaces} from '../network/read-addresses.ts';
import {Refused} from '../refusal.ts';
import type {VipChange} from './change.ts';
import type {IntentContext, Outcome} from './context.ts';
import {couldNot, notVerified, refuseToLose} from './vip-refusals.ts';

/** One address, where it belongs and where it is. */
interface Placement {
  readonly vip: Vip;
  readonly cidr: Cidr;
  readonly inPlace: boolean;
  /** The same address on another interface or with another prefix length. */
  readonly strays: readonly HeldAddress[];
}

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
  const placements = request.vips.map(vip => place(vip, interfaces));
  const misplaced = placements.filter(({inPlace, strays}) => !inPlace || strays.length > 0);
  await refuseToLose(
    context.network,
    interfaces,
    misplaced.flatMap(({strays}) => strays),
  );
  const detectionNotes = await refuseDuplicates(
    context,
    placements.filter(({inPlace}) => !inPlace),
    detections,
  );
  for (const {vip, inPlace} of placements) {
    if (inPlace) context.progress(`${vip.cidr} is on ${vip.interface} already`);
  }
  const announcementNotes = await settle(context, request.vips, misplaced);
  const ms = Math.round(performance.now() - start);
  for (const {vip} of misplaced) context.progress(`${vip.cidr} is on ${vip.interface} now (${ms} ms)`);
  return {changed: misplaced.length > 0, notes: [...detectionNotes, ...announcementNotes]};
};

/** Changes what is misplaced, reads it back and announces all. Answers the notes of announcements that failed. */
const settle = async (
  context: IntentContext,
  vips: readonly Vip[],
  misplaced: readonly Placement[],
): Promise<readonly string[]> => {
  const withdrawn = withdrawTombstones(context, vips);
  withdrawn.catch(() => {}); // told below, unless something worse comes first
  if (misplaced.length === 0) {
    await withdrawn;
    return announceAll(context, vips);
  }
  await context.willChange(...misplaced.flatMap(toChanges));
  const failure = await change(context, misplaced);
  if (failure !== undefined) await verify(context, misplaced, failure);
  // The announcement does not wait for the reading back, which is there to judge, not to delay.
  const [notes] = await Promise.all([announceAll(context, vips), verify(context, misplaced, failure), withdrawn]);
  return notes;
};

/** This host refused connections to the address while it was elsewhere. */
const withdrawTombstones = ({network, signal}: IntentContext, vips: readonly Vip[]): Promise<void> => {
  const back = new Set(vips.map(({cidr}) => addressKey(parseCidr(cidr).address)));
  return network.tombstones.withdraw(({address}) => back.has(addressKey(address)), signal);
};

/** Refuses an interface that is not there or has no link: an address on it would reach nobody. */
const place = (vip: Vip, interfaces: readonly Interface[]): Placement => {
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
  const strays = held.filter(each => each.interface !== vip.interface || each.prefixLength !== cidr.prefixLength);
  return {vip, cidr, inPlace: strays.length < held.length, strays};
};

/** Answers the notes of detections that could not be made. */
const refuseDuplicates = async (
  {network, signal}: IntentContext,
  placements: readonly Placement[],
  detections: Detections | undefined,
): Promise<readonly string[]> => {
  const wanted = placements.filter(({vip}) => vip.detectMs > 0);
  const notes = await Promise.all(
    wanted.map(async ({vip, cidr}) => {
      const early = await detections?.get(addressKey(cidr.address));
      // What was heard early may be the old master, which has released the address since: only a fresh answer refuses.
      const heard = early === undefined || early.macs.length > 0 ? await detectDuplicate(network, vip, signal) : early;
      if (heard.macs.length > 0) throw inUse(vip, heard.macs);
      return heard.note;
    }),
  );
  return notes.filter(note => note !== undefined);
};

const inUse = (vip: Vip, macs: readonly string[]): Refused =>
  new Refused('VIP_IN_USE', `${vip.cidr} was not added: the machine with MAC ${macs.join(', ')} answers for it`, {
    hint: 'find that machine and take the address off it; nothing was changed on this host',
  });

const toChanges = ({vip, inPlace, strays}: Placement): VipChange[] => {
  const same = {kind: 'vip', announce: vip.announce, sudo: vip.sudo} as const;
  const added: VipChange[] = inPlace ? [] : [{...same, cidr: vip.cidr, interface: vip.interface, before: 'absent'}];
  const removed = strays.map(
    (stray): VipChange => ({...same, cidr: formatCidr(stray), interface: stray.interface, before: 'present'}),
  );
  return [...added, ...removed];
};

/** Adds before it removes, so that connections through the address live on. Answers what `ip` complained about. */
const change = async ({network, signal}: IntentContext, misplaced: readonly Placement[]): Promise<unknown> => {
  const additions = misplaced.filter(({inPlace}) => !inPlace);
  const changes = [
    ...additions.map(({vip, cidr}) => ({...cidr, act: 'add', interface: vip.interface}) as const),
    ...misplaced.flatMap(({strays}) => strays.map(stray => ({...stray, act: 'del'}) as const)),
  ];
  const sudo = misplaced.some(({vip}) => vip.sudo);
  return changeAddresses(network, changes, {sudo, signal}).catch((error: unknown) => error);
};

const verify = async (
  {network, signal}: IntentContext,
  misplaced: readonly Placement[],
  failure: unknown,
): Promise<void> => {
  if (misplaced.length === 0) return;
  const interfaces = await readInterfaces(network, signal);
  for (const {vip} of misplaced) {
    const {inPlace, strays} = place(vip, interfaces);
    if (inPlace && strays.length === 0) continue;
    const what = `put ${vip.cidr} on ${vip.interface}`;
    const shown = inPlace ? `it is also ${strays.map(formatCidr).join(', ')}` : 'it is not there';
    throw failure === undefined ? notVerified(what, shown) : couldNot(what, failure);
  }
};

const announceAll = async ({network, signal}: IntentContext, vips: readonly Vip[]): Promise<readonly string[]> => {
  const notes = await Promise.all(vips.filter(vip => vip.announce).map(vip => announce(network, vip, signal)));
  return notes.filter(note => note !== undefined);
};
