import {setTimeout as delay} from 'node:timers/promises';
import {Refused} from '../refusal.ts';

/** Waits between two looks at the server. Fails with DEADLINE as soon as the signal aborts. */
export const pause = async (ms: number, signal: AbortSignal): Promise<void> => {
  try {
    await delay(Math.max(0, ms), undefined, {signal});
  } catch (cause) {
    throw new Refused('DEADLINE', 'the deadline passed, or the operation was given up', {cause});
  }
};
