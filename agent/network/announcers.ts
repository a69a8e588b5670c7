import {setTimeout as sleep} from 'node:timers/promises';
import type {Log} from '../log.ts';

/** Background repeats of announcements, one per address. No timer runs when nothing is being announced. */
export interface Announcers {
  /** Repeats over the next minute (`afterMs`: when); replaces what runs for this key. */
  start(key: string, repeat: Repeat, afterMs?: readonly number[]): void;
  stop(key: string): void;
  /** Ends all and waits for what is under way. */
  close(): Promise<void>;
}

/** Announces once more; `gone` ends the repeats, `not_yet` leaves it to the next one. A repeat that fails is logged, and the next one tries again. */
export type Repeat = (signal: AbortSignal) => Promise<'announced' | 'not_yet' | 'gone'>;

/**
 * When the repeats leave, in milliseconds after the first frame: two at once, since clients of a neighbour that lost the
 * first one wait for the next; every second for five seconds, for neighbours that were just booting their own link; then
 * every five to fifteen seconds until the minute is over, for switches that were relearning their tables.
 */
export const repeatsAfterMs: readonly number[] = [
  250, 500, 1000, 2000, 3000, 4000, 5000, 10_000, 15_000, 20_000, 30_000, 45_000, 60_000,
];

export const createAnnouncers = (log: Log): Announcers => {
  const running = new Map<string, {readonly ending: AbortController; readonly done: Promise<void>}>();
  const stop = (key: string): void => {
    running.get(key)?.ending.abort();
    running.delete(key);
  };
  return {
    stop,
    start(key, repeat, afterMs = repeatsAfterMs) {
      stop(key);
      const ending = new AbortController();
      const warn = (cause: unknown): void => log.warn('a repeated announcement failed', {address: key, cause});
      const done = repeatOverAMinute({repeat, afterMs, signal: ending.signal, warn}).finally(() => {
        if (running.get(key)?.ending === ending) running.delete(key);
      });
      running.set(key, {ending, done});
    },
    async close() {
      const last = [...running.values()].map(({done}) => done);
      for (const key of [...running.keys()]) stop(key);
      await Promise.all(last);
    },
  };
};

interface Schedule {
  readonly repeat: Repeat;
  readonly afterMs: readonly number[];
  readonly signal: AbortSignal;
  warn(cause: unknown): void;
}

/** Never rejects: an abort is its ordinary end. */
const repeatOverAMinute = async ({repeat, afterMs, signal, warn}: Schedule): Promise<void> => {
  const start = performance.now();
  for (const each of afterMs) {
    const dueMs = Math.max(0, start + each - performance.now());
    await sleep(dueMs, undefined, {signal, ref: false}).catch(() => {}); // aborted: seen in the next line
    if (signal.aborted) return;
    const found = await repeat(signal).catch((cause: unknown) => {
      if (!signal.aborted) warn(cause);
      return 'failed';
    });
    if (found === 'gone') return;
  }
};
