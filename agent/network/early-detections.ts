import {addressKey, parseCidr} from './address.ts';
import {type DetectedVip, type Detection, type Detections, startDetections} from './detect-duplicate.ts';
import type {Network} from './network.ts';

/** How long an answer is believed. A switch acquires within a fraction of that; a later one asks again. */
const freshMs = 5000;

/**
 * Duplicate address detection that began before anybody waited for it: while a stop phase takes the address from the old
 * master, when a start phase asked for the status, or when its operation opened. Listening for a whole detect_ms would
 * otherwise be write downtime.
 */
export class EarlyDetections {
  readonly #network: Network;
  readonly #known = new Map<string, {readonly begunMs: number; readonly detection: Promise<Detection>}>();

  constructor(network: Network) {
    this.#network = network;
  }

  /** Begins to listen for those that nobody has listened for just now. Answers all of them. */
  expect(vips: readonly DetectedVip[]): Detections {
    this.#forgetStale();
    const unknown = vips.filter(vip => !this.#known.has(keyOf(vip)));
    const begunMs = performance.now();
    for (const [key, detection] of startDetections(this.#network, unknown, AbortSignal.timeout(freshMs))) {
      this.#known.set(key, {begunMs, detection});
      // "Nobody" stays true for a moment; somebody may have gone the next: whoever expects the address then asks again.
      void detection.then(({macs}) => {
        if (macs.length > 0) this.#forget(key, detection);
      });
    }
    return new Map(
      vips.flatMap(vip => {
        const known = this.#known.get(keyOf(vip));
        return known === undefined ? [] : [[keyOf(vip), known.detection] as const];
      }),
    );
  }

  /** Whoever asked has acted on the answer: where the address is has changed since. */
  forget(vips: readonly DetectedVip[]): void {
    for (const vip of vips) this.#known.delete(keyOf(vip));
  }

  /** Something was undone: whoever had an address before may have it again. */
  forgetAll(): void {
    this.#known.clear();
  }

  #forget(key: string, detection: Promise<Detection>): void {
    if (this.#known.get(key)?.detection === detection) this.#known.delete(key);
  }

  #forgetStale(): void {
    const now = performance.now();
    for (const [key, {begunMs}] of this.#known) if (now - begunMs > freshMs) this.#known.delete(key);
  }
}

const keyOf = ({cidr}: DetectedVip): string => addressKey(parseCidr(cidr).address);
