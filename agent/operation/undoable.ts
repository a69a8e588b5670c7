import {Refused} from '../refusal.ts';
import type {Journal} from './journal.ts';
import type {OperationRecord} from './record.ts';

/**
 * The committed operation that an Undo of this one is about: itself, or the one that has taken it over. Throws BUSY, or
 * NOT_UNDOABLE when something came after it.
 */
export const undoable = (journal: Journal, id: string): OperationRecord => {
  const record = journal.record(id);
  if (record === undefined) throw new Refused('NOT_UNDOABLE', `this agent knows no operation ${id}`);
  if (record.takenOverBy !== undefined) return undoable(journal, record.takenOverBy);
  if (record.state === 'open') throw new Refused('BUSY', `${record.purpose} ${id} is still open`);
  const later = journal.records().findLast(other => other.port === record.port && other.id !== id);
  const isNewest = later === undefined || later.openedMs < record.openedMs || later.takenOverBy === id;
  if (isNewest && record.state !== 'given_up') return record;
  const why = isNewest ? 'it was given up' : `${later.purpose} ${later.id} came after it`;
  throw new Refused('NOT_UNDOABLE', `operation ${id} cannot be undone: ${why}`);
};
