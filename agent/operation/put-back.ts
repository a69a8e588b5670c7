import type {Undone} from '../../proto/gen/mha_helper/v1/agent.ts';
import type {Log} from '../log.ts';
import type {Instance} from '../mysql/instance.ts';
import type {Network} from '../network/network.ts';
import {readBootTime} from './boot.ts';
import type {Journal} from './journal.ts';
import type {OperationRecord, OperationState} from './record.ts';
import {describeChange, givesBack, undoChanges} from './undo.ts';

/** An undo has its own time: the operation's may be used up, and that is often why there is an undo. */
export const undoDeadlineMs = 10_000;

/** Grace beyond an operation's own deadline in which giving writes back is still what its controller expects. */
const currentForMs = 30_000;

export interface Means {
  readonly instance: Instance;
  readonly network: Network;
  readonly journal: Journal;
  readonly log: Log;
}

/**
 * Puts back what one operation changed, newest first, with a deadline of its own, and writes into the journal how
 * that went. Never throws: what could not be put back stands in `failed`.
 *
 * `while_current`: writes and the VIP are given back only while the failover can still be the present one. After a
 * reboot, or when this agent was frozen long past the deadline, another host may have become master, and two writable
 * masters are worse than none; and never what `keepsWhenLost`. `always`: the caller has verified that nobody else is master.
 */
export const putBack = async (
  record: OperationRecord,
  means: Means,
  givingBack: 'always' | 'while_current',
): Promise<Undone> => {
  if (record.keepsWhenLost === true && givingBack === 'while_current') return keep(record, means);
  const {journal, log, ...rest} = means;
  const stale = givingBack === 'always' ? undefined : await whyStale(record);
  const left = stale === undefined ? [] : record.changes.filter(givesBack);
  const wanted = record.changes.filter(change => !left.includes(change));
  const undone = await undoChanges(wanted, {...rest, signal: AbortSignal.timeout(undoDeadlineMs)});
  const state = stateAfter(undone, left.length);
  undone.failed.push(...left.map(change => `${describeChange(change)}: left alone, because ${stale}`));
  await journal
    .finish(record.id, state)
    .catch(error => log.error('the undo is done but the journal does not know it', {operation: record.id, error}));
  const level = undone.failed.length === 0 ? 'info' : 'error';
  log[level]('undo ends', {operation: record.id, restored: undone.restored, failed: undone.failed});
  return undone;
};

/** As after a commit: what it has not done, the next stop does, and a demotion that waits is carried out. */
const keep = async ({id}: OperationRecord, {journal, log}: Means): Promise<Undone> => {
  await journal
    .finish(id, 'committed', {makesMaster: false})
    .catch(error => log.error('an operation is kept but the journal does not know it', {operation: id, error}));
  log.warn('its controller is gone; what was done is kept', {operation: id});
  return {restored: [], failed: [], after: undefined};
};

const stateAfter = (undone: Undone, left: number): OperationState => {
  if (undone.failed.length > 0) return 'undo_pending';
  return left > 0 ? 'given_up' : 'undone';
};

const whyStale = async (record: OperationRecord): Promise<string | undefined> => {
  const now = await readBootTime();
  if (now.bootId !== record.bootId) return 'the host was rebooted since';
  const ageMs = now.bootMs - record.bootMs;
  if (ageMs > record.deadlineMs + currentForMs) return `the operation began ${Math.round(ageMs / 1000)} s ago`;
  return undefined;
};
