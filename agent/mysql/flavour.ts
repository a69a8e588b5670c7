import type {Connection} from './connection.ts';
import {errnos, MysqlError} from './mysql-error.ts';
import {text} from './row.ts';

/** What this server can do and how it spells it. Found by asking for the thing itself, never from version texts. */
export interface Flavour {
  /** Whose names it uses; decides nothing that could be asked for directly. */
  readonly name: 'mysql' | 'mariadb';
  readonly hasSuperReadOnly: boolean;
  readonly replicaStatement: string;
  readonly binlogStatement: string;
  /** Lists threads; with the age of what they do in milliseconds where the server knows it. */
  readonly processlistStatement: string;
}

/** Prepares a fresh connection for our use and finds the flavour of its server, in one round trip if it can be. */
export const prepareConnection = async (connection: Connection, signal: AbortSignal): Promise<Flavour> => {
  const [, , variables, replica, binlog, milliseconds] = await connection.batch(
    [
      // Ours live long, wait short for locks, and must not inherit what was set for applications.
      "SET SESSION wait_timeout = 31536000, lock_wait_timeout = 1, autocommit = 1, sql_mode = ''",
      'SET SESSION max_statement_time = 0', // MariaDB only
      "SHOW GLOBAL VARIABLES WHERE Variable_name IN ('super_read_only', 'gtid_domain_id')",
      'SHOW REPLICA STATUS',
      'SHOW BINARY LOG STATUS',
      'SELECT TIME_MS FROM information_schema.PROCESSLIST LIMIT 0',
    ],
    signal,
  );
  if (variables === undefined || variables instanceof MysqlError) throw variables;
  const names = variables.map(row => text(row, 'Variable_name'));
  return {
    name: names.includes('gtid_domain_id') ? 'mariadb' : 'mysql',
    hasSuperReadOnly: names.includes('super_read_only'),
    replicaStatement: isKnown(replica) ? 'SHOW REPLICA STATUS' : 'SHOW SLAVE STATUS',
    binlogStatement: isKnown(binlog) ? 'SHOW BINARY LOG STATUS' : 'SHOW MASTER STATUS',
    processlistStatement: milliseconds instanceof MysqlError ? coarseProcesslist : preciseProcesslist,
  };
};

/** Every server has it, and it needs no disk. Counts in whole seconds. */
export const coarseProcesslist = 'SHOW PROCESSLIST';

const preciseProcesslist =
  'SELECT ID AS Id, USER AS User, HOST AS Host, COMMAND AS Command, TIME_MS AS Time_ms FROM information_schema.PROCESSLIST';

const isKnown = (answer: unknown): boolean => !(answer instanceof MysqlError && answer.errno === errnos.syntax);
