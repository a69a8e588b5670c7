import {setTimeout as sleep} from 'node:timers/promises';
import type {Log} from '../log.ts';

/** Background repeats of announcements, one per address. No timer runs when nothing is being announced. */
export interface Announcers {
  /** Repeats over the next minute; replaces what runs for this key. `repeat` answers false when there is nothing to announce any more. */
  start(key: string, repeat: (signal: AbortSignal) => Promise<boolean>): void;
  stop(key: string): void;
  /** Ends all and waits for what is under way. */
  close(): Promise<void>;
}

/**
 * When the repeats leave, in milliseconds after the first frame: every second for five seconds, for neighbours
 * that were just booting their own link or lost a frame; then every five to fifteen seconds until the minute is
 * over, for switches that were relearning their tables.
 */
export const repeatsAfterMs: readonly number[] = [
  1000, 2000, 3000, 4000, 5000, 10_000, 15_000, 20_000, 30_000, 45_000, 60_000,
];

export const createAnnouncers = (log: Log): Announcers => {
  const running = new Map<string, {readonly ending: AbortController; readonly done: Promise<void>}>();
  const stop = (key: string): void => {
    running.get(key)?.ending.abort();
    running.delete(key);
  };
  return {
    stop,
    start(key, repeat) {
      stop(key);
      const ending = new AbortController();
      const done = repeatOverAMinute(repeat, ending.signal)
        .catch(cause => {
          if (!ending.signal.aborted) log.warn('a repeated announcement failed', {address: key, cause});
        })
        .finally(() => {
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

const repeatOverAMinute = async (repeat: (signal: AbortSignal) => Promise<boolean>, signal: AbortSignal) => {
  const start = performance.now();
  for (const afterMs of repeatsAfterMs) {
    await sleep(Math.max(0, start + afterMs - performance.now()), undefined, {signal, ref: false});
    if (!(await repeat(signal))) return;
  }
};
