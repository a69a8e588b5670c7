import {coarseProcesslist} from './flavour.ts';
import type {Instance} from './instance.ts';
import {MysqlError} from './mysql-error.ts';
import {number, type Row, text} from './row.ts';

/** One row of the processlist. */
export interface Thread {
  readonly id: number;
  readonly user: string;
  readonly host: string;
  readonly command: string;
  /** How long it has been doing this: the running statement, or being idle. */
  readonly ageMs: number;
  /** Its age may be that much more: some servers count whole seconds. */
  readonly ageErrorMs: number;
  /** Executes a statement right now. */
  readonly isRunning: boolean;
  /** Was killed and is not gone yet: it rolls back. */
  readonly isKilled: boolean;
}

/** All threads of the server, through the connection that nothing can hold up. */
export const listThreads = async (instance: Instance, signal: AbortSignal): Promise<readonly Thread[]> => {
  const {killer} = instance;
  const {processlistStatement} = await killer.flavour(signal);
  const rows = await killer.query(processlistStatement, signal).catch((error: unknown) => {
    // MariaDB makes a temporary table on disk for the precise list, and a full disk may be why we are called
    if (!(error instanceof MysqlError) || error.errno === 0) throw error;
    return killer.query(coarseProcesslist, signal);
  });
  return rows.map(readThread);
};

export const readThread = (row: Row): Thread => {
  const command = text(row, 'Command');
  const user = text(row, 'User');
  const isPrecise = row.Time_ms !== undefined;
  return {
    id: number(row, 'Id'),
    user,
    host: text(row, 'Host'),
    command,
    ageMs: Math.max(0, isPrecise ? number(row, 'Time_ms') : number(row, 'Time') * 1000),
    ageErrorMs: isPrecise ? 0 : 1000,
    isRunning: command !== 'Sleep' && command !== 'Killed' && user !== loggingIn,
    isKilled: command === 'Killed',
  };
};

/** Somebody who has not said yet who it is. */
const loggingIn = 'unauthenticated user';

/** Threads of the server itself; `mysql.session` runs plugins and cannot log in. */
const serverUsers = ['system user', 'event_scheduler', 'mysql.session'];
/** What replicas read from, and the server's own daemons. */
const serverCommands = ['Binlog Dump', 'Binlog Dump GTID', 'Daemon'];
/** MariaDB names the parts of replication in the command. */
const replicationCommands = ['Slave_IO', 'Slave_SQL', 'Slave_worker'];

export const isDumpThread = (thread: Thread): boolean => thread.command.startsWith('Binlog Dump');

/** Where the thread's client is: the server writes a port behind it, unless it came through the socket. */
export const addressOf = ({host}: Thread): string => host.replace(/:\d+$/, '');

/**
 * The threads a failover may kill. Never: our own connections, replication in both directions, the server's own
 * threads, and accounts that were excluded. This list is the only one; whoever counts or kills uses it.
 */
export const applicationThreads = (threads: readonly Thread[], spared: Spared): readonly Thread[] => {
  const own = spared.ownThreads();
  return threads.filter(
    thread =>
      !own.has(thread.id) &&
      !serverUsers.includes(thread.user) &&
      !serverCommands.includes(thread.command) &&
      !replicationCommands.includes(thread.command) &&
      !spared.users.includes(thread.user),
  );
};

export interface Spared {
  /** Asked anew at each look: a connection that broke has another id afterwards. */
  ownThreads(): ReadonlySet<number>;
  readonly users: readonly string[];
}

/** Whom to spare on this instance: the agent's own configuration, and what the caller adds. */
export const sparedOn = (instance: Instance, users: readonly string[] = []): Spared => ({
  ownThreads: () => instance.ownThreads(),
  users: [...instance.excludeUsers, ...users],
});

/** For people: `app@10.0.0.7:51234 (thread 41)`. */
export const describeThread = (thread: Thread): string => `${thread.user}@${thread.host} (thread ${thread.id})`;
