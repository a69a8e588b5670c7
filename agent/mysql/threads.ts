import type {Instance} from './instance.ts';
import {MysqlError} from './mysql-error.ts';
import {number, type Row, text} from './row.ts';

/** One row of the processlist. */
export interface Thread {
  readonly id: number;
  readonly user: string;
  readonly host: string;
  readonly command: string;
  /** Seconds in the present state: of the running statement, or of being idle. */
  readonly seconds: number;
  /** Executes a statement right now. */
  readonly isRunning: boolean;
  /** Was killed and is not gone yet: it rolls back. */
  readonly isKilled: boolean;
  readonly transaction: Transaction | undefined;
}

export interface Transaction {
  readonly id: string;
  readonly seconds: number;
  /** Rows written so far; while it rolls back: rows still to undo. */
  readonly rows: number;
}

export const threadStatements = [
  'SHOW PROCESSLIST',
  `SELECT trx_mysql_thread_id AS thread, trx_id AS id, trx_rows_modified AS modified,
     TIMESTAMPDIFF(SECOND, trx_started, NOW()) AS seconds FROM information_schema.innodb_trx`,
] as const;

/** All threads of the server with their open transactions, through the connection that nothing can hold up. */
export const listThreads = async (instance: Instance, signal: AbortSignal): Promise<readonly Thread[]> => {
  const [processes, transactions] = await instance.killer.batch(threadStatements, signal);
  return readThreads(processes, transactions);
};

export const readThreads = (
  processes: readonly Row[] | MysqlError | undefined,
  transactions: readonly Row[] | MysqlError | undefined,
): readonly Thread[] => {
  // Half a list is no list: a kill decided on it would be wrong, and "nobody is connected" a lie.
  if (processes === undefined || processes instanceof MysqlError) throw processes;
  if (transactions === undefined || transactions instanceof MysqlError) throw transactions;
  const byThread = new Map(transactions.map(row => [number(row, 'thread'), readTransaction(row)]));
  return processes.map(row => readThread(row, byThread));
};

const readTransaction = (row: Row): Transaction => ({
  id: text(row, 'id'),
  seconds: Math.max(0, number(row, 'seconds')),
  rows: number(row, 'modified'),
});

const readThread = (row: Row, transactions: ReadonlyMap<number, Transaction>): Thread => {
  const command = text(row, 'Command');
  const user = text(row, 'User');
  const id = number(row, 'Id');
  return {
    id,
    user,
    host: text(row, 'Host'),
    command,
    seconds: Math.max(0, number(row, 'Time')),
    isRunning: command !== 'Sleep' && command !== 'Killed' && user !== loggingIn,
    isKilled: command === 'Killed',
    transaction: transactions.get(id),
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

/**
 * The threads a failover may kill. Never: our own connections, replication in both directions, the server's own
 * threads, and accounts that were excluded. This list is the only one; whoever counts or kills uses it.
 */
export const applicationThreads = (threads: readonly Thread[], spared: Spared): readonly Thread[] =>
  threads.filter(
    thread =>
      !spared.ownThreads.has(thread.id) &&
      !serverUsers.includes(thread.user) &&
      !serverCommands.includes(thread.command) &&
      !replicationCommands.includes(thread.command) &&
      !spared.users.includes(thread.user),
  );

export interface Spared {
  readonly ownThreads: ReadonlySet<number>;
  readonly users: readonly string[];
}

/** Whom to spare on this instance: the agent's own configuration, and what the caller adds. */
export const sparedOn = (instance: Instance, users: readonly string[] = []): Spared => ({
  ownThreads: instance.ownThreads(),
  users: [...instance.excludeUsers, ...users],
});

/** For people: `app@10.0.0.7:51234 (thread 41)`. */
export const describeThread = (thread: Thread): string => `${thread.user}@${thread.host} (thread ${thread.id})`;
