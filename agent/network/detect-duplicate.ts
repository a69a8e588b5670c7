import type {Vip} from '../../proto/gen/mha_helper/v1/agent.ts';
import {addressKey, parseCidr} from './address.ts';
import {askLink} from './ask-link.ts';
import type {Network} from './network.ts';
import {readInterfaces} from './read-addresses.ts';

/** What was heard from other machines about an address. */
export interface Detection {
  /** MAC addresses of other machines that answer for it. Empty: none did in time. */
  readonly macs: readonly string[];
  /** Why the answer is worth less than it seems; undefined when it is not. */
  readonly note: string | undefined;
}

/** Detections under way, by `addressKey`. They never reject. */
export type Detections = Pick<ReadonlyMap<string, Promise<Detection>>, 'get'>;

export interface DetectedVip extends Pick<Vip, 'cidr' | 'interface' | 'detectMs' | 'sudo'> {
  /** Whose answers do not count, in lower case: the machine that has the address still, and will have released it in time. */
  readonly holderMacs?: readonly string[] | undefined;
}

/** Begins to listen at once, so that `acquireVip` need not wait later. Addresses with detect_ms = 0 are left out. */
export const startDetections = (
  network: Network,
  vips: readonly DetectedVip[],
  signal: AbortSignal,
): ReadonlyMap<string, Promise<Detection>> =>
  new Map(
    vips
      .filter(vip => vip.detectMs > 0)
      .map(vip => [addressKey(parseCidr(vip.cidr).address), detectDuplicate(network, vip, signal)]),
  );

/**
 * Asks on the link whether another machine has the address, for at most detect_ms. One that has it answers within a
 * few milliseconds. Never rejects: a probe that could not be made is a note.
 */
export const detectDuplicate = async (
  network: Network,
  {cidr, interface: name, detectMs, sudo, holderMacs = []}: DetectedVip,
  signal: AbortSignal,
): Promise<Detection> => {
  try {
    const want = holderMacs.length === 0 ? 'first' : 'whole';
    const heard = await askLink(network, {cidr, interface: name, sudo, deadlineMs: detectMs, want, signal});
    const macs = heard.filter(mac => !holderMacs.includes(mac));
    return {macs: macs.length === 0 ? [] : await withoutOwn(network, macs, signal), note: undefined};
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return {macs: [], note: `${cidr}: no duplicate address detection: ${why}`};
  }
};

/** Two interfaces of one host on the same link answer for each other's addresses. That is no duplicate. */
const withoutOwn = async (
  network: Network,
  macs: readonly string[],
  signal: AbortSignal,
): Promise<readonly string[]> => {
  const own = new Set((await readInterfaces(network, signal)).map(({mac}) => mac.toLowerCase()));
  return macs.filter(mac => !own.has(mac));
};
