import {setTimeout as sleep} from 'node:timers/promises';
import {type Cidr, sameCidr} from './address.ts';
import type {Network} from './network.ts';
import {type HeldAddress, type Interface, readInterfaces} from './read-addresses.ts';

/** An IPv6 address on an interface of this host. */
export interface PlacedAddress {
  readonly cidr: Cidr;
  readonly interface: string;
}

/** Whether the kernel looks for another machine with an IPv6 address that is added there. Without net.ipv6 it does not. */
export const kernelDetectsOn = async (network: Network, interfaceName: string): Promise<boolean> => {
  const setting = async (name: string, place: string): Promise<number> =>
    Number(await network.readSetting(`/proc/sys/net/ipv6/conf/${place}/${name}`));
  try {
    const accepts = await Promise.all(['all', interfaceName].map(place => setting('accept_dad', place)));
    return Math.max(...accepts) > 0 && (await setting('dad_transmits', interfaceName)) > 0;
  } catch {
    return false; // no such setting: no IPv6 on that interface, and adding the address will say so
  }
};

/** `taken`: another machine has the address. `undecided`: the kernel had not finished within its time. */
export type Verdict = 'free' | 'taken' | 'undecided' | 'gone';

/** The kernel waits up to a second, asks, and listens for another. */
const kernelTakesMs = 5000;
const lookEveryMs = 50;

/** Waits until the kernel knows whether another machine has the address. */
export const awaitVerdict = async (network: Network, placed: PlacedAddress, signal: AbortSignal): Promise<Verdict> => {
  const deadline = performance.now() + kernelTakesMs;
  for (;;) {
    const held = findPlaced(placed, await readInterfaces(network, signal));
    if (held?.detection !== 'looking')
      return held === undefined ? 'gone' : held.detection === 'done' ? 'free' : 'taken';
    if (performance.now() > deadline) return 'undecided';
    await sleep(lookEveryMs, undefined, {signal});
  }
};

const findPlaced = (placed: PlacedAddress, interfaces: readonly Interface[]): HeldAddress | undefined =>
  interfaces.find(({name}) => name === placed.interface)?.addresses.find(each => sameCidr(each, placed.cidr));
