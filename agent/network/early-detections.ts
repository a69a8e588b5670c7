import {setTimeout as delay} from 'node:timers/promises';
import {addressKey, parseCidr} from './address.ts';
import {type DetectedVip, type Detection, type Detections, startDetections} from './detect-duplicate.ts';
import type {Network} from './network.ts';

/** How long an answer is believed. A switch acquires within a fraction of that; a later one asks again. */
const freshMs = 5000;
/** The same for one that was got while another machine had the address still: it says nothing of what came when that let go. */
const freshWhileHeldMs = 1000;
/** When it is older, and somebody asks, it is asked anew beside: nobody waits for silence twice, but whoever answers is heard. */
const renewedMs = 500;
/** How long that is waited for. A machine that has the address answers within a few milliseconds; the tool takes some to start. */
const answerMs = 40;

interface Asked {
  readonly beganMs: number;
  readonly detection: Promise<Detection>;
}

interface Look extends Asked {
  /** The same question, asked anew while this answer can be believed still. */
  again?: Asked;
}

/**
 * Duplicate address detection that began before anybody waited for it: while a stop phase takes the address from the old
 * master, when a start phase asked for the status, or when its operation opened. Listening for a whole detect_ms would
 * otherwise be write downtime.
 */
export class EarlyDetections {
  readonly #network: Network;
  readonly #looks = new Looks(freshMs);
  /** Those that began while another machine had the address: they end first. */
  readonly #looksWhileHeld = new Looks(freshWhileHeldMs);

  constructor(network: Network) {
    this.#network = network;
  }

  /** Begins to listen for those that nobody has listened for just now. Answers what is known when it is asked for. */
  expect(vips: readonly DetectedVip[]): Detections {
    this.#begin(vips.filter(isHeld), this.#looksWhileHeld);
    this.#begin(
      vips.filter(vip => !isHeld(vip)),
      this.#looks,
    );
    return {get: key => answerOf(this.#looksWhileHeld.get(key) ?? this.#looks.get(key))};
  }

  /** Whoever asked has acted on the answer: where the address is has changed since. */
  forget(vips: readonly DetectedVip[]): void {
    for (const vip of vips) for (const looks of this.#all) looks.delete(keyOf(vip));
  }

  /** Something was undone: whoever had an address before may have it again. */
  forgetAll(): void {
    for (const looks of this.#all) looks.clear();
  }

  get #all(): readonly Looks[] {
    return [this.#looksWhileHeld, this.#looks];
  }

  #begin(vips: readonly DetectedVip[], looks: Looks): void {
    const beganMs = performance.now();
    const wanted = vips.filter(vip => isDue(looks.get(keyOf(vip))));
    for (const [key, detection] of startDetections(this.#network, wanted, AbortSignal.timeout(freshMs))) {
      const asked = {beganMs, detection};
      const earlier = looks.get(key);
      if (earlier === undefined) looks.set(key, asked);
      else earlier.again = asked;
      // "Nobody" stays true for a moment; somebody may have gone the next: whoever expects the address then asks again.
      // And somebody who is heard now was not there when another look heard nobody.
      void detection.then(({macs}) => {
        const current = looks.get(key);
        if (current !== asked && (earlier === undefined || current !== earlier)) return;
        if (macs.length > 0) for (const each of this.#all) each.delete(key);
        else looks.set(key, asked);
      });
    }
  }
}

/** Those that are believed, by `addressKey`. */
class Looks {
  readonly #looks = new Map<string, Look>();
  readonly #believedMs: number;

  constructor(believedMs: number) {
    this.#believedMs = believedMs;
  }

  get(key: string): Look | undefined {
    const look = this.#looks.get(key);
    return look !== undefined && performance.now() < look.beganMs + this.#believedMs ? look : undefined;
  }

  set(key: string, look: Look): void {
    this.#looks.set(key, look);
  }

  delete(key: string): void {
    this.#looks.delete(key);
  }

  clear(): void {
    this.#looks.clear();
  }
}

const isDue = (look: Look | undefined): boolean =>
  look === undefined || (look.again === undefined && performance.now() > look.beganMs + renewedMs);

const answerOf = (look: Look | undefined): Promise<Detection> | undefined => {
  if (look?.again === undefined) return look?.detection;
  const {again, detection} = look;
  const silence = delay(Math.max(0, again.beganMs + answerMs - performance.now()), undefined, {ref: false});
  return Promise.race([again.detection, silence.then(() => detection)]);
};

const isHeld = ({holderMacs = []}: DetectedVip): boolean => holderMacs.length > 0;

const keyOf = ({cidr}: DetectedVip): string => addressKey(parseCidr(cidr).address);
