import {performance} from 'node:perf_hooks';
import {setTimeout as wait} from 'node:timers/promises';

/** Asks until the answer is not undefined. Throws at the deadline, naming what was waited for. */
export const poll = async <T>(
  what: string,
  ask: () => Promise<T | undefined> | T | undefined,
  {timeoutMs = 10_000, everyMs = 20}: {timeoutMs?: number; everyMs?: number} = {},
): Promise<T> => {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    if (performance.now() > deadline) throw new Error(`waited ${timeoutMs} ms in vain for ${what}`);
    await wait(everyMs);
  }
};
