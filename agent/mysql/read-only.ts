import {Refused} from '../refusal.ts';
import {clearTheWay} from './clear-the-way.ts';
import type {Instance} from './instance.ts';
import {errnos, MysqlError} from './mysql-error.ts';
import {pause} from './pause.ts';
import {isOn} from './row.ts';
import {applicationThreads, describeThread, listThreads, type Spared} from './threads.ts';

export interface ReadOnlyFlags {
  readonly readOnly: boolean;
  /** Undefined: the server has no such variable. */
  readonly superReadOnly: boolean | undefined;
}

/**
 * The variables as they are. While a SET waits they lie (MySQL shows super_read_only = 1 already): to be believed only
 * when no SET of ours is on its way.
 */
export const readFlags = async (instance: Instance, signal: AbortSignal): Promise<ReadOnlyFlags> => {
  const {hasSuperReadOnly} = await instance.killer.flavour(signal);
  const columns = `@@GLOBAL.read_only AS read_only${hasSuperReadOnly ? ', @@GLOBAL.super_read_only AS super_read_only' : ''}`;
  const [row = {}] = await instance.killer.query(`SELECT ${columns}`, signal);
  return {
    readOnly: isOn(row, 'read_only'),
    superReadOnly: hasSuperReadOnly ? isOn(row, 'super_read_only') : undefined,
  };
};

/** Is the instance as read-only as asked? A server without super_read_only has done all it can with read_only. */
export const isReadOnly = (flags: ReadOnlyFlags, superReadOnly: boolean): boolean =>
  flags.readOnly && (!superReadOnly || flags.superReadOnly !== false);

export interface ReadOnlyWish {
  readonly instance: Instance;
  /** super_read_only too, where the server has it. */
  readonly superReadOnly: boolean;
  /** How long what blocks the SET may go on before it is killed. Undefined: nobody is killed. */
  readonly killAfterMs: number | undefined;
  /** When to give up. */
  readonly boundMs: number;
  readonly spared: Spared;
  readonly signal: AbortSignal;
  progress(text: string): void;
}

/**
 * Sets read-only, judged by the statement's result, and reads it back. A running write or LOCK TABLES … WRITE blocks
 * the SET, and while the SET waits every new write queues behind it: therefore the attempts are short
 * (lock_wait_timeout = 1 s), and blockers are killed while it waits. When it fails, the SET is gone from the server.
 */
export const makeReadOnly = async (wish: ReadOnlyWish): Promise<void> => {
  const {instance, signal} = wish;
  const startedMs = performance.now();
  while (!(await attempt(wish, startedMs))) {
    if (performance.now() - startedMs >= wish.boundMs) throw await blocked(wish);
    await pause(20, signal); // writes that queued behind the SET go on
  }
  if (!isReadOnly(await readFlags(instance, signal), wish.superReadOnly)) throw notVerified(instance, 'on');
};

/** One SET. False when it gave way; then it has changed nothing. */
const attempt = async (wish: ReadOnlyWish, startedMs: number): Promise<boolean> => {
  const {instance, signal} = wish;
  const {hasSuperReadOnly} = await instance.changer.flavour(signal);
  const setter = instance.changer.id;
  const over = new AbortController();
  const clearing = clearTheWay(wish, {startedMs, setter, over: over.signal}).then(
    () => undefined,
    (error: unknown) => error,
  );
  const leftMs = Math.max(0, startedMs + wish.boundMs - performance.now());
  const statement = `SET GLOBAL ${wish.superReadOnly && hasSuperReadOnly ? 'super_read_only' : 'read_only'} = 1`;
  try {
    await instance.changer.query(statement, signal, leftMs + answerMs);
    return true;
  } catch (error) {
    if (!(error instanceof MysqlError) || !gaveWay.includes(error.errno)) {
      const isAnswered = error instanceof MysqlError && error.errno > 0;
      if (setter !== undefined && !isAnswered) await seeGone(instance, setter);
      throw error;
    }
  } finally {
    over.abort();
    await clearing;
  }
  const problem = await clearing;
  if (problem !== undefined) throw problem;
  return false;
};

/** The server's words for a SET that ended without effect: its own bound, or killed by us. */
const gaveWay: readonly number[] = [errnos.lockWaitTimeout, errnos.interrupted, errnos.statementTimeout];
/** How long a killed SET may take to say so. */
const answerMs = 500;

/**
 * Nobody knows what became of the SET (connection lost, deadline). Closing the socket does not cancel it; it would
 * change the variable after we have put it back. So it is killed by its id and looked for until it is gone.
 */
const seeGone = async (instance: Instance, setter: number): Promise<void> => {
  const signal = AbortSignal.timeout(1_000); // its own time: the caller's is used up
  try {
    await instance.killer.batch([`KILL ${setter}`], signal);
    while ((await listThreads(instance, signal)).some(thread => thread.id === setter)) await pause(10, signal);
  } catch {
    // A server that answers nothing cannot be asked. The SET bounds itself with its lock_wait_timeout of one second.
  }
};

const blocked = async ({instance, spared, signal, boundMs}: ReadOnlyWish): Promise<Refused> => {
  const threads = await listThreads(instance, signal).catch(() => []);
  const suspects = threads.filter(
    thread => thread.isRunning && thread.command !== 'Daemon' && !spared.ownThreads().has(thread.id),
  );
  const applications = applicationThreads(suspects, spared).length;
  const names = suspects
    .filter(thread => thread.command !== 'Daemon')
    .slice(0, 5)
    .map(describeThread);
  const hint =
    names.length === 0
      ? 'A session that runs nothing holds a table lock (LOCK TABLES … WRITE).'
      : `Running now: ${names.join(', ')}; ${suspects.length - applications} of them are never killed.`;
  const seconds = (boundMs / 1000).toFixed(1);
  return new Refused('READ_ONLY_BLOCKED', `could not set read_only on ${instance.name} within ${seconds} s`, {hint});
};

/** Makes the instance writable and reads it back. Never waits: only setting blocks, not clearing. */
export const makeWritable = async (instance: Instance, signal: AbortSignal): Promise<void> => {
  const {hasSuperReadOnly} = await instance.changer.flavour(signal);
  if (hasSuperReadOnly) await instance.changer.query('SET GLOBAL super_read_only = 0', signal);
  await instance.changer.query('SET GLOBAL read_only = 0', signal);
  const flags = await readFlags(instance, signal);
  if (flags.readOnly || flags.superReadOnly === true) throw notVerified(instance, 'off');
};

export const notVerified = (instance: Instance, wanted: 'on' | 'off'): Refused =>
  new Refused('NOT_VERIFIED', `read_only was set ${wanted} on ${instance.name} but the server does not show it`, {
    hint: 'Somebody else changes it at the same time: find out who.',
  });
