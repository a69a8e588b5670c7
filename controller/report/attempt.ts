import {type Channel, type Delivered, reasonOf, until} from './channel.ts';
import type {Notice} from './notice.ts';

export type Attempt = Delivered | {readonly reason: string; readonly hint: string | undefined};

/** A way that ends with the signal says in its own words what it was waiting for. */
const lastWordsMs = 100;

/** Sends one notice one way. Never throws, and ends with the signal, whatever hangs. */
export const attempt = async (channel: Channel, notice: Notice, signal: AbortSignal): Promise<Attempt> => {
  const last = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  signal.addEventListener('abort', () => {
    timer = setTimeout(() => last.abort(signal.reason), lastWordsMs);
  });
  try {
    signal.throwIfAborted();
    return await until(last.signal, channel.deliver(notice, signal));
  } catch (error) {
    return {reason: reasonOf(error), hint: (error as {hint?: string}).hint};
  } finally {
    clearTimeout(timer);
  }
};

export const isDelivered = (tried: Attempt): tried is Delivered => 'said' in tried;

/** Ends with a reason for people. */
export const deadline = (ms: number): {readonly signal: AbortSignal; readonly clear: () => void} => {
  const controller = new AbortController();
  const timer = setTimeout(() => controller.abort(new Error(`not done within ${ms / 1000} s`)), ms);
  return {signal: controller.signal, clear: () => clearTimeout(timer)};
};
