import type {Instance} from './instance.ts';
import {number, type Row, text} from './row.ts';

/** An open InnoDB transaction. */
export interface Transaction {
  readonly thread: number;
  readonly id: string;
  readonly seconds: number;
  /** Rows written so far; while it rolls back: rows still to undo. */
  readonly rows: number;
}

export const transactionStatement = `SELECT trx_mysql_thread_id AS thread, trx_id AS id, trx_rows_modified AS modified,
  TIMESTAMPDIFF(SECOND, trx_started, NOW()) AS seconds FROM information_schema.innodb_trx`;

/**
 * InnoDB answers from a copy which it renews only when nobody has looked for 100 ms: who looks more often sees the same
 * old picture for ever.
 */
export const freshAfterMs = 105;

/** Open transactions by thread. May be as old as the last look of anybody else, see `freshAfterMs`. */
export const listTransactions = async (
  instance: Instance,
  signal: AbortSignal,
): Promise<ReadonlyMap<number, Transaction>> =>
  readTransactions(await instance.killer.query(transactionStatement, signal));

export const readTransactions = (rows: readonly Row[]): ReadonlyMap<number, Transaction> =>
  new Map(rows.map(row => [number(row, 'thread'), readTransaction(row)]));

const readTransaction = (row: Row): Transaction => ({
  thread: number(row, 'thread'),
  id: text(row, 'id'),
  seconds: Math.max(0, number(row, 'seconds')),
  rows: number(row, 'modified'),
});
