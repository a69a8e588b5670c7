import type {Instance} from './instance.ts';
import {pause} from './pause.ts';
import {applicationThreads, listThreads, type Spared, type Thread} from './threads.ts';
import {freshAfterMs, listTransactions, type Transaction} from './transactions.ts';

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
export const drain = async (wish: Drain): Promise<void> => {
  const {graceMs, signal, progress} = wish;
  const startedMs = performance.now();
  let busy = graceMs > 0 ? await findWork(wish) : [];
  let looked = {atMs: performance.now(), told: -1};
  for (;;) {
    const elapsedMs = performance.now() - startedMs;
    if (busy.length === 0 || elapsedMs >= graceMs) return;
    if (Math.floor(elapsedMs / 1000) > looked.told) {
      looked = {...looked, told: Math.floor(elapsedMs / 1000)};
      progress(describe(busy));
    }
    await pause(Math.min(lookMs, graceMs - elapsedMs), signal);
    const isFresh = performance.now() - looked.atMs >= freshAfterMs;
    if (isFresh) looked = {...looked, atMs: performance.now()};
    busy = await findUnfinished(wish, {busy, isFresh, elapsedMs: performance.now() - startedMs});
  }
};

const lookMs = 25;

/** What a thread was doing when we first looked. */
interface Work {
  readonly thread: Thread;
  readonly transaction: Transaction | undefined;
}

const list = async ({instance, spared, signal}: Drain): Promise<readonly Thread[]> =>
  applicationThreads(await listThreads(instance, signal), spared).filter(thread => !thread.isKilled);

const findWork = async (wish: Drain): Promise<readonly Work[]> => {
  const threads = await list(wish);
  const transactions = await listTransactions(wish.instance, wish.signal);
  return threads
    .map(thread => ({thread, transaction: transactions.get(thread.id)}))
    .filter(({thread, transaction}) => thread.isRunning || transaction !== undefined);
};

const findUnfinished = async (
  wish: Drain,
  {busy, isFresh, elapsedMs}: {readonly busy: readonly Work[]; readonly isFresh: boolean; readonly elapsedMs: number},
): Promise<readonly Work[]> => {
  const threads = new Map((await list(wish)).map(thread => [thread.id, thread]));
  const needsTransactions = isFresh && busy.some(work => work.transaction !== undefined);
  const transactions = needsTransactions ? await listTransactions(wish.instance, wish.signal) : undefined;
  // Ages tell what began after we first looked; a little slack for the time a look takes.
  const isOld = (ageMs: number, errorMs: number) => ageMs + errorMs + 50 >= elapsedMs;
  return busy.flatMap(work => {
    const thread = threads.get(work.thread.id);
    if (thread === undefined) return [];
    if (work.transaction === undefined)
      return thread.isRunning && isOld(thread.ageMs, thread.ageErrorMs) ? [{...work, thread}] : [];
    if (transactions === undefined) return [{...work, thread}];
    const transaction = transactions.get(thread.id);
    return transaction?.id === work.transaction.id && isOld(transaction.seconds * 1000, 1000)
      ? [{thread, transaction}]
      : [];
  });
};

const describe = (busy: readonly Work[]): string => {
  const running = busy.filter(({thread}) => thread.isRunning);
  const longest = Math.max(
    ...busy.map(({thread, transaction}) => transaction?.seconds ?? Math.floor(thread.ageMs / 1000)),
  );
  const what = [
    ...(running.length > 0 ? [count(running.length, 'running statement')] : []),
    ...(busy.length > running.length ? [count(busy.length - running.length, 'idle open transaction')] : []),
  ];
  return `waiting for ${count(busy.length, 'application thread')}: ${what.join(', ')}, longest ${longest} s`;
};

const count = (number: number, noun: string): string => `${number} ${noun}${number === 1 ? '' : 's'}`;
