import type {Log} from '../log.ts';
import type {Instance} from '../mysql/instance.ts';
import type {Network} from '../network/network.ts';
import {demote} from './demote.ts';
import type {Journal} from './journal.ts';
import type {OperationRecord} from './record.ts';

/**
 * A Demote that failed and is still wanted: the old master of a hard failover whose mysqld hung or was dead may wake up
 * at any time, and would take writes that nobody sees.
 */
export interface PendingDemotion {
  readonly superReadOnly: boolean;
  readonly excludeUsers: readonly string[];
}

/** Only what is final counts: the controller of an operation that was not committed has not decided anything. */
export const isPending = ({state, pendingDemotion}: OperationRecord): boolean =>
  state === 'committed' && pendingDemotion !== undefined;

/** Every operation that has asked for one on this instance, final or not. */
export const demotionsOf = (journal: Journal, port: number): string[] =>
  journal
    .records()
    .filter(record => record.port === port && record.pendingDemotion !== undefined)
    .map(({id}) => id);

/** More than any statement may take on a server that lives. */
const deadlineMs = 10_000;

/**
 * Demotes the instance as its newest pending demotion says, and settles all of them. What it changes belongs to that
 * operation: its Undo puts it back. Throws when mysqld does not answer or will not; then it stays pending.
 */
export const demotePending = async (
  pending: readonly OperationRecord[],
  {instance, network, journal, log, signal}: Means,
): Promise<void> => {
  const newest = pending.at(-1);
  if (newest?.pendingDemotion === undefined) return;
  const {id, purpose} = newest;
  const context = {
    instance,
    network,
    signal,
    progress: (text: string) => log.info(text, {operation: id}),
    willChange: (...changes: OperationRecord['changes']) => journal.willChange(id, changes),
  };
  const request = {...newest.pendingDemotion, graceMs: 0, deadlineMs};
  await demote(context, {...request, excludeUsers: [...request.excludeUsers]});
  await journal.settle(pending.map(record => record.id));
  log.warn('a pending demotion is done', {operation: id, purpose, port: newest.port});
};

interface Means {
  readonly instance: Instance;
  readonly network: Network;
  readonly journal: Journal;
  readonly log: Log;
  readonly signal: AbortSignal;
}
