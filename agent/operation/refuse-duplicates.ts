import type {Vip} from '../../proto/gen/mha_helper/v1/agent.ts';
import {addressKey, formatCidr} from '../network/address.ts';
import {changeAddresses} from '../network/change-addresses.ts';
import {type Detection, type Detections, detectDuplicate} from '../network/detect-duplicate.ts';
import {awaitVerdict, kernelDetectsOn, type PlacedAddress} from '../network/kernel-detection.ts';
import type {Network} from '../network/network.ts';
import {findAddress} from '../network/read-addresses.ts';
import {Refused} from '../refusal.ts';
import type {IntentContext} from './context.ts';
import type {Placement} from './place-vip.ts';
import {couldNot, notVerified} from './vip-refusals.ts';

/** What is known before anything is added. */
export interface Looked {
  readonly placements: readonly Placement[];
  /** Why somebody could not look. */
  readonly notes: readonly string[];
}

/** Refuses (`VIP_IN_USE`) what another machine answers for. Where we cannot ask, the kernel shall, which it can for IPv6. */
export const refuseDuplicates = async (
  context: IntentContext,
  placements: readonly Placement[],
  detections: Detections | undefined,
): Promise<Looked> => {
  const looked = await Promise.all(placements.map(each => lookFor(context, each, detections)));
  return {
    placements: looked.map(({placement}) => placement),
    notes: looked.flatMap(({note}) => note ?? []),
  };
};

const lookFor = async (
  {network, signal}: IntentContext,
  placement: Placement,
  detections: Detections | undefined,
): Promise<{readonly placement: Placement; readonly note?: string | undefined}> => {
  const {vip, cidr, inPlace} = placement;
  if (inPlace !== undefined || vip.detectMs === 0) return {placement};
  const early = await detections?.get(addressKey(cidr.address));
  // What was heard early may be the old master, which has released the address since: only a fresh answer refuses.
  const heard = early === undefined || early.macs.length > 0 ? await detectDuplicate(network, vip, signal) : early;
  if (heard.macs.length > 0) throw inUse(vip, `the machine with MAC ${heard.macs.join(', ')} answers for it`);
  const kernelDetects = await mustKernelDetect(network, {cidr, interface: vip.interface}, heard);
  return {placement: {...placement, kernelDetects}, note: heard.note && noteOf(heard.note, kernelDetects)};
};

/** Our own probe could not be made, and the kernel knows how to make one. */
export const mustKernelDetect = async (network: Network, placed: PlacedAddress, heard: Detection): Promise<boolean> =>
  heard.note !== undefined && placed.cidr.address.family === 6 && (await kernelDetectsOn(network, placed.interface));

const noteOf = (note: string, kernelDetects: boolean): string =>
  kernelDetects ? `${note}; the kernel looks instead, which takes a second or two` : note;

const inUse = ({cidr}: Pick<Vip, 'cidr'>, why: string): Refused =>
  new Refused('VIP_IN_USE', `${cidr} was not added: ${why}`, {
    hint: 'find that machine and take the address off it; it is not on this host',
  });

/**
 * Waits until the kernel has looked. An address that it found elsewhere, or had not finished with, is removed again
 * before this refuses: the kernel would take it into use some time later, when nobody knows any more whose it is.
 */
export const awaitKernel = async (
  network: Network,
  placed: PlacedAddress & {readonly sudo: boolean},
  signal: AbortSignal,
): Promise<void> => {
  const verdict = await awaitVerdict(network, placed, signal);
  if (verdict === 'free') return;
  const cidr = formatCidr(placed.cidr);
  const removal = {...placed.cidr, act: 'del', interface: placed.interface} as const;
  const {interfaces, failure} = await changeAddresses(network, [removal], {sudo: placed.sudo, signal});
  const what = `remove ${cidr} from ${placed.interface}, which the kernel found ${verdict}`;
  const left = findAddress(interfaces, placed.cidr.address);
  if (left.some(each => each.interface === placed.interface && each.prefixLength === placed.cidr.prefixLength))
    throw failure === undefined ? notVerified(what, 'it is still there') : couldNot(what, failure);
  if (verdict === 'taken')
    throw inUse({cidr}, `the kernel heard another machine on the link of ${placed.interface} that has it`);
  throw notVerified(`put ${cidr} on ${placed.interface}`, sayNoVerdict[verdict]);
};

const sayNoVerdict = {
  undecided: 'the kernel did not finish its duplicate address detection, so it was removed again',
  gone: 'it is not there',
} as const;
