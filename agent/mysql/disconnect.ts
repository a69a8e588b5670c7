import {Refused} from '../refusal.ts';
import type {Instance} from './instance.ts';
import {killThreads} from './kill.ts';
import {MysqlError} from './mysql-error.ts';
import {pause} from './pause.ts';
import {readBinlogPosition} from './read-status.ts';
import {waitForRollbacks} from './rollback.ts';
import {applicationThreads, describeThread, listThreads, type Spared, type Thread} from './threads.ts';
import {listTransactions} from './transactions.ts';

export interface Disconnect {
  readonly instance: Instance;
  readonly spared: Spared;
  /** Not even privileged sessions can write: super_read_only is on. Else it is watched that nobody does. */
  readonly nobodyCanWrite: boolean;
  /** A later call finds out whether somebody writes: this one only begins the time for it. */
  readonly settlesLater: boolean;
  /** Since when an earlier call saw nobody write: its settle time counts, as long as the log has not moved since. */
  readonly standstill?: Standstill | undefined;
  /** Whatever is written later is lost: MHA takes nothing more from this host. */
  readonly isLastLook: boolean;
  readonly boundMs: number;
  readonly signal: AbortSignal;
  progress(text: string): void;
}

/** The binary log stood at this position then (performance.now). */
export interface Standstill {
  readonly position: string;
  readonly sinceMs: number;
}

export interface Disconnected {
  /** Absent where nobody can write anyway. */
  readonly standstill?: Standstill;
  readonly killed: number;
  /** Threads that came back faster than they could be killed. They found a read-only server and wrote nothing. */
  readonly reconnecting: number;
}

/**
 * Kills application threads until none is left and nobody writes. Every thread that was there at the beginning is gone
 * afterwards. Clients that reconnect at once are killed again; when that never ends, they are told of in
 * `reconnecting`, provided that the binary log stood still all the while. Otherwise fails with THREADS_REMAIN.
 */
export const disconnectApplications = async (wish: Disconnect): Promise<Disconnected> => {
  const startedMs = performance.now();
  const leftMs = () => startedMs + wish.boundMs - performance.now();
  const victims = new Map<number, Thread>();
  let killed = 0;
  let earlier = wish.standstill;
  for (;;) {
    const before = earlier ?? (await look(wish));
    // Who comes back is looked at again after the settle time; only where that is not needed it gets its time here.
    const cleared = await killUntilGone(wish, {leftMs, victims, patienceMs: wish.nobodyCanWrite ? stormMs : 0});
    killed += cleared.killed;
    if (cleared.killed > 0) wish.progress(`killed ${count(cleared.killed, 'application thread')}`);
    await waitForRollbacks({...wish, killed: victims, leftMs});
    if (wish.nobodyCanWrite) return {killed, reconnecting: cleared.reconnecting};
    // Who comes back is the later call's to tell. From the last kill on: who was killed must have had time to come back.
    if (wish.settlesLater) return {killed, reconnecting: 0, standstill: await look(wish)};
    await pause(before.sinceMs + settleMs(wish) - performance.now(), wish.signal);
    const latecomers = await killUntilGone(wish, {leftMs, victims, patienceMs: stormMs});
    killed += latecomers.killed;
    const moved = before.position !== (await look(wish)).position;
    if (!moved) return {killed, reconnecting: latecomers.reconnecting, standstill: before};
    if (leftMs() <= 0) throw stillWritten(wish.instance);
    if (earlier === undefined)
      wish.progress('the binary log still moves: somebody writes although read_only is on; killing again');
    earlier = undefined;
  }
};

/**
 * Long enough for a privileged writer or an event to show itself, short enough not to matter. Shorter behind an earlier
 * call, which an online switch has: writes wait for it, and what somebody who comes back later writes, MHA's FLUSH
 * TABLES WITH READ LOCK behind the stop phase still brings to the new master. Behind a hard stop there is nothing.
 */
const settleMs = ({standstill, isLastLook}: Disconnect): number => (standstill === undefined || isLastLook ? 50 : 30);
/** How long clients may come back after each kill before we call it what it is; writes wait meanwhile. */
const stormMs = 60;

interface Kill {
  leftMs(): number;
  /** Collects whom it killed. */
  readonly victims: Map<number, Thread>;
  readonly patienceMs: number;
}

const killUntilGone = async (
  {instance, spared, signal, progress}: Disconnect,
  {leftMs, victims, patienceMs}: Kill,
): Promise<Disconnected> => {
  const startedMs = performance.now();
  let newest: number | undefined;
  let killed = 0;
  let toldMs = startedMs;
  for (let round = 0; ; round++) {
    const present = applicationThreads(await listThreads(instance, signal), spared);
    // The server counts ids upwards: whoever has a higher one than all of the first list connected after it.
    newest ??= Math.max(0, ...present.map(thread => thread.id));
    const old = present.filter(thread => thread.id <= (newest ?? 0));
    const elapsedMs = performance.now() - startedMs;
    if (present.length === 0) return {killed, reconnecting: 0};
    if (old.length === 0 && elapsedMs >= patienceMs) return {killed, reconnecting: present.length};
    if (leftMs() <= 0) throw await remaining(instance, present, signal);
    const alive = present.filter(thread => !thread.isKilled);
    await killAsFarAsPossible({instance, signal, progress}, alive, leftMs);
    killed += alive.length;
    for (const thread of alive) victims.set(thread.id, thread);
    if (performance.now() - toldMs >= 1_000) {
      toldMs = performance.now();
      progress(`still there: ${await describeRemaining(instance, present, signal)}`);
    }
    // Nobody reconnects in the first moment after a kill: that is when the list can be seen empty.
    await pause(Math.min(round * 2, 50), signal);
  }
};

/** A KILL that got no answer in time may have worked, and is given again in the next round while there is time. */
const killAsFarAsPossible = async (
  {instance, signal, progress}: Pick<Disconnect, 'instance' | 'signal' | 'progress'>,
  threads: readonly Thread[],
  leftMs: () => number,
): Promise<void> => {
  try {
    // Read-only is set by now, so the changer waits for nothing.
    await killThreads({instance, threads, signal, through: [instance.killer, instance.changer]});
  } catch (error) {
    // MariaDB's KILL itself may wait for two seconds, each, for a thread that is busy with a lock [seen with SLEEP()].
    const isSlow = error instanceof MysqlError && (error.reason === 'MYSQL_UNREACHABLE' || error.reason === 'DEADLINE');
    if (!isSlow || signal.aborted || leftMs() <= 0) throw error;
    progress(`${error.message}; trying again`);
  }
};

const count = (number: number, noun: string): string => `${number} ${noun}${number === 1 ? '' : 's'}`;

const look = async ({instance, nobodyCanWrite, signal}: Disconnect): Promise<Standstill> => {
  if (nobodyCanWrite) return {position: '', sinceMs: performance.now()};
  const {binlogStatement} = await instance.killer.flavour(signal);
  const position = readBinlogPosition((await instance.killer.query(binlogStatement, signal))[0]);
  return {position, sinceMs: performance.now()};
};

const remaining = async (instance: Instance, threads: readonly Thread[], signal: AbortSignal): Promise<Refused> =>
  new Refused('THREADS_REMAIN', `could not disconnect ${threads.length} application threads from ${instance.name}`, {
    hint: `Still there: ${await describeRemaining(instance, threads, signal)}.`,
  });

const stillWritten = (instance: Instance): Refused =>
  new Refused('THREADS_REMAIN', `somebody goes on writing on ${instance.name} although read_only is on`, {
    hint: 'An account with READ ONLY ADMIN or SUPER reconnects at once: stop it, or revoke the privilege.',
  });

/** The first few, with what a killed one still has to roll back. */
const describeRemaining = async (
  instance: Instance,
  threads: readonly Thread[],
  signal: AbortSignal,
): Promise<string> => {
  const transactions = await listTransactions(instance, signal);
  const lines = threads.slice(0, 5).map(thread => {
    if (!thread.isKilled) return describeThread(thread);
    const rows = transactions.get(thread.id)?.rows ?? 0;
    return `${describeThread(thread)} rolls back${rows > 0 ? `, ${rows} rows left` : ''}`;
  });
  return `${lines.join('; ')}${threads.length > 5 ? ` and ${threads.length - 5} more` : ''}`;
};
