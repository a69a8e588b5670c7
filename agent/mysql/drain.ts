import type {Instance} from './instance.ts';
import {pause} from './pause.ts';
import {applicationThreads, listThreads, type Spared, type Thread} from './threads.ts';

export interface Drain {
  readonly instance: Instance;
  readonly spared: Spared;
  readonly graceMs: number;
  readonly signal: AbortSignal;
  progress(text: string): void;
}

/**
 * Gives application threads time to finish what they were doing when read-only came on. Ends as soon as each of them
 * has been without that statement and that transaction once: an idle pooled connection has nothing to finish, and a
 * client that begins something new cannot write it any more; neither may cost the whole grace.
 */
export const drain = async ({instance, spared, graceMs, signal, progress}: Drain): Promise<void> => {
  const startedMs = performance.now();
  const list = async () => applicationThreads(await listThreads(instance, signal), spared);
  let busy = graceMs > 0 ? (await list()).filter(isBusy) : [];
  let told = -1;
  for (;;) {
    const elapsedMs = performance.now() - startedMs;
    if (busy.length === 0 || elapsedMs >= graceMs) return;
    if (Math.floor(elapsedMs / 1000) > told) {
      told = Math.floor(elapsedMs / 1000);
      progress(describe(busy));
    }
    await pause(Math.min(lookMs, graceMs - elapsedMs), signal);
    const now = new Map((await list()).map(thread => [thread.id, thread]));
    busy = busy.flatMap(before => stillBusy(before, now.get(before.id), performance.now() - startedMs));
  }
};

const lookMs = 25;

const isBusy = (thread: Thread): boolean => !thread.isKilled && (thread.isRunning || thread.transaction !== undefined);

/** The thread as it is now, while it does what it did before; the ages tell, in the server's whole seconds. */
const stillBusy = (before: Thread, now: Thread | undefined, elapsedMs: number): readonly Thread[] => {
  if (now === undefined || !isBusy(now)) return [];
  const sinceBefore = (seconds: number) => (seconds + 1) * 1000 >= elapsedMs;
  if (before.transaction === undefined) return now.isRunning && sinceBefore(now.seconds) ? [now] : [];
  const isSame = now.transaction?.id === before.transaction.id && sinceBefore(now.transaction.seconds);
  return isSame ? [now] : [];
};

const describe = (busy: readonly Thread[]): string => {
  const running = busy.filter(thread => thread.isRunning);
  const longest = Math.max(...busy.map(thread => thread.transaction?.seconds ?? thread.seconds));
  const what = [
    ...(running.length > 0 ? [count(running.length, 'running statement')] : []),
    ...(busy.length > running.length ? [count(busy.length - running.length, 'idle open transaction')] : []),
  ];
  return `waiting for ${count(busy.length, 'application thread')}: ${what.join(', ')}, longest ${longest} s`;
};

const count = (number: number, noun: string): string => `${number} ${noun}${number === 1 ? '' : 's'}`;
