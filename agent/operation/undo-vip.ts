import {formatCidr, parseCidr} from '../network/address.ts';
import {announce, stopAnnouncing} from '../network/announce.ts';
import {type AddressChange, changeAddresses} from '../network/change-addresses.ts';
import {detectDuplicate} from '../network/detect-duplicate.ts';
import type {Network} from '../network/network.ts';
import {findAddress, type Interface, readInterfaces} from '../network/read-addresses.ts';
import {Refused} from '../refusal.ts';
import type {VipChange} from './change.ts';
import {awaitKernel, mustKernelDetect} from './refuse-duplicates.ts';
import {couldNot, notVerified, refuseToLose} from './vip-refusals.ts';

export interface UndoMeans {
  readonly network: Network;
  readonly signal: AbortSignal;
}

/**
 * Puts one address back as it was before the change, read back; answers a line for people. Undoing twice is success.
 * An address that was absent is never added, one that was present is never removed.
 */
export const undoVip = (change: VipChange, means: UndoMeans): Promise<string> =>
  change.before === 'present' ? putBack(change, means) : takeOff(change, means);

/** How long a neighbour may take to say that it has the address: an undo can come long after the crash that made it necessary. */
const detectMs = 200;

const putBack = async (change: VipChange, means: UndoMeans): Promise<string> => {
  const start = performance.now();
  const {network, signal} = means;
  const held = findInPlace(change, await readInterfaces(network, signal));
  if (held === undefined) await addAgain(change, means);
  else if (change.preferred === true && !held.preferred) await carryOut(toAct('change', change), change, means);
  const note = change.announce ? await announce(network, change, signal) : undefined;
  const what = held === undefined ? 'was put back on' : 'is on';
  const told = change.announce ? (note === undefined ? ' and announced' : `, but ${note}`) : '';
  return `${change.cidr} ${what} ${change.interface}${told} (${elapsed(start)})`;
};

const addAgain = async (change: VipChange, means: UndoMeans): Promise<void> => {
  const {network, signal} = means;
  const heard = await detectDuplicate(network, {...change, detectMs}, signal);
  if (heard.macs.length > 0) {
    const message = `${change.cidr} was not put back on ${change.interface}: ${heard.macs.join(', ')} answers for it`;
    throw new Refused('VIP_IN_USE', message, {hint: 'find the machine with that MAC address'});
  }
  const placed = {cidr: parseCidr(change.cidr), interface: change.interface, sudo: change.sudo};
  const kernelDetects = await mustKernelDetect(network, placed, heard);
  await carryOut({...toAct('add', change), kernelDetects}, change, means);
  if (kernelDetects) await awaitKernel(network, placed, signal);
};

const toAct = (act: 'add' | 'change', {cidr, interface: name, label, preferred}: VipChange): AddressChange => ({
  ...parseCidr(cidr),
  act,
  interface: name,
  label,
  preferred,
});

const takeOff = async (change: VipChange, {network, signal}: UndoMeans): Promise<string> => {
  const start = performance.now();
  stopAnnouncing(network, change);
  const interfaces = await readInterfaces(network, signal);
  const held = findInPlace(change, interfaces);
  if (held === undefined) return `${change.cidr} is not on ${change.interface}: nothing to remove`;
  await refuseToLose(network, interfaces, [held]);
  await carryOut({...held, act: 'del'}, change, {network, signal});
  return `${change.cidr} was removed from ${change.interface} again (${elapsed(start)})`;
};

const carryOut = async (act: AddressChange, change: VipChange, {network, signal}: UndoMeans): Promise<void> => {
  const {interfaces, failure} = await changeAddresses(network, [act], {sudo: change.sudo, signal});
  const there = findInPlace(change, interfaces) !== undefined;
  if (there === (act.act !== 'del')) return;
  const what = `undo: ${act.act} ${formatCidr(act)} dev ${act.interface}`;
  throw failure === undefined
    ? notVerified(what, `the address is ${there ? 'still' : 'not'} there`)
    : couldNot(what, failure);
};

const findInPlace = ({cidr, interface: name}: VipChange, interfaces: readonly Interface[]) => {
  const {address, prefixLength} = parseCidr(cidr);
  return findAddress(interfaces, address).find(held => held.interface === name && held.prefixLength === prefixLength);
};

const elapsed = (start: number): string => `${Math.round(performance.now() - start)} ms`;
