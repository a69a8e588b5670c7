import {addressKey, parseCidr} from './address.ts';
import {type DetectedVip, type Detection, type Detections, startDetections} from './detect-duplicate.ts';
import type {Network} from './network.ts';

/** How long an answer is believed. A switch acquires within a fraction of that; a later one asks again. */
const freshMs = 5000;
/** The same for one that was got while another machine had the address still: it says nothing of what came when that let go. */
const freshWhileHeldMs = 1000;
/** It is got anew, for who asks again, while it can be believed still. */
const renewedMs = 500;

interface Look {
  readonly renewedAfterMs: number;
  readonly untilMs: number;
  readonly detection: Promise<Detection>;
}

/**
 * Duplicate address detection that began before anybody waited for it: while a stop phase takes the address from the old
 * master, when a start phase asked for the status, or when its operation opened. Listening for a whole detect_ms would
 * otherwise be write downtime.
 */
export class EarlyDetections {
  readonly #network: Network;
  readonly #looks = new Map<string, Look>();
  /** Those that began while another machine had the address: they end first. */
  readonly #looksWhileHeld = new Map<string, Look>();

  constructor(network: Network) {
    this.#network = network;
  }

  /** Begins to listen for those that nobody has listened for just now. Answers all of them. */
  expect(vips: readonly DetectedVip[]): Detections {
    this.#forgetStale();
    const free = vips.filter(vip => !isHeld(vip));
    this.#begin(vips.filter(isHeld), this.#looksWhileHeld, {believedMs: freshWhileHeldMs, renewedMs});
    this.#begin(free, this.#looks, {believedMs: freshMs, renewedMs: freshMs});
    return new Map(
      vips.flatMap(vip => {
        const look = this.#looksWhileHeld.get(keyOf(vip)) ?? this.#looks.get(keyOf(vip));
        return look === undefined ? [] : [[keyOf(vip), look.detection] as const];
      }),
    );
  }

  /** Whoever asked has acted on the answer: where the address is has changed since. */
  forget(vips: readonly DetectedVip[]): void {
    for (const vip of vips) for (const looks of this.#all) looks.delete(keyOf(vip));
  }

  /** Something was undone: whoever had an address before may have it again. */
  forgetAll(): void {
    for (const looks of this.#all) looks.clear();
  }

  get #all(): readonly Map<string, Look>[] {
    return [this.#looksWhileHeld, this.#looks];
  }

  #begin(
    vips: readonly DetectedVip[],
    looks: Map<string, Look>,
    age: Readonly<Record<'believedMs' | 'renewedMs', number>>,
  ): void {
    const now = performance.now();
    const wanted = vips.filter(vip => now > (looks.get(keyOf(vip))?.renewedAfterMs ?? 0));
    for (const [key, detection] of startDetections(this.#network, wanted, AbortSignal.timeout(freshMs))) {
      looks.set(key, {renewedAfterMs: now + age.renewedMs, untilMs: now + age.believedMs, detection});
      // "Nobody" stays true for a moment; somebody may have gone the next: whoever expects the address then asks again.
      // And somebody who is heard now was not there when another look heard nobody.
      void detection.then(({macs}) => {
        if (macs.length > 0 && looks.get(key)?.detection === detection) for (const each of this.#all) each.delete(key);
      });
    }
  }

  #forgetStale(): void {
    const now = performance.now();
    for (const looks of this.#all) for (const [key, {untilMs}] of looks) if (now > untilMs) looks.delete(key);
  }
}

const isHeld = ({holderMacs = []}: DetectedVip): boolean => holderMacs.length > 0;

const keyOf = ({cidr}: DetectedVip): string => addressKey(parseCidr(cidr).address);
