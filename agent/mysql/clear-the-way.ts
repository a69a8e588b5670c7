import type {Instance} from './instance.ts';
import {killThreads} from './kill.ts';
import {pause} from './pause.ts';
import {applicationThreads, listThreads, type Spared, type Thread} from './threads.ts';

export interface Blocked {
  readonly instance: Instance;
  readonly killAfterMs: number | undefined;
  readonly boundMs: number;
  readonly spared: Spared;
  readonly signal: AbortSignal;
  progress(text: string): void;
}

export interface WaitingSetter {
  /** Since when the SET is wanted; earlier attempts count. */
  readonly startedMs: number;
  readonly setter: number | undefined;
  /** Aborts when the SET has ended. */
  readonly over: AbortSignal;
}

/**
 * Watches over a waiting `SET GLOBAL read_only` from another connection: kills what blocks it once its time is up, and
 * the SET itself at the bound. A SET that does not wait is over before the first look.
 */
export const clearTheWay = async (blocked: Blocked, {startedMs, setter, over}: WaitingSetter): Promise<void> => {
  const {instance, killAfterMs = Number.POSITIVE_INFINITY, boundMs, signal} = blocked;
  let firstKillMs: number | undefined;
  for (;;) {
    await pause(lookMs, over).catch(() => {}); // it being over is what we wait for
    if (over.aborted) return;
    const waitedMs = performance.now() - startedMs;
    if (waitedMs >= boundMs) return void (await instance.killer.batch([`KILL QUERY ${setter}`], signal));
    if (waitedMs < killAfterMs) continue;
    firstKillMs ??= waitedMs;
    await killBlockers(blocked, {setter, everybody: waitedMs - firstKillMs >= patienceMs, over});
  }
};

const lookMs = 25;
/** A killed statement frees the SET within 20 ms; after this long it was somebody else who blocks. */
const patienceMs = 200;

/**
 * First what runs at least as long as the SET waits: those who came later queue behind it. Then everybody: who holds
 * LOCK TABLES … WRITE runs nothing, and no list shows it.
 */
const killBlockers = async (
  {instance, spared, signal, progress}: Blocked,
  {
    setter,
    everybody,
    over,
  }: {readonly setter: number | undefined; readonly everybody: boolean; readonly over: AbortSignal},
): Promise<void> => {
  // The operation's signal, not `over`: a statement that is given up costs its connection.
  const threads = await listThreads(instance, signal);
  const waiting = threads.find(thread => thread.id === setter)?.ageMs ?? 0;
  const blocks = (thread: Thread) => !thread.isKilled && (everybody || (thread.isRunning && thread.ageMs >= waiting));
  const victims = applicationThreads(threads, spared).filter(blocks);
  if (victims.length === 0 || over.aborted) return;
  await killThreads({instance, threads: victims, signal});
  progress(
    everybody
      ? `killed all ${victims.length} application threads: one of them held a table lock that blocked read_only`
      : `killed ${victims.length} running ${victims.length === 1 ? 'statement' : 'statements'} that blocked read_only`,
  );
};
