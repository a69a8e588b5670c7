import type {Abandoned, Entry, OpenedOperation} from '../record/entry.ts';
import {fromStateDir} from '../record/from-state-dir.ts';
import {type FailoverRecord, listRecords, readNewest, readRecord} from '../record/record-file.ts';

/**
 * What a failover record says is still open.
 * nothing: complete, undone or never begun. stopped: the old master is demoted, or was being demoted when everybody
 * died, and nobody has begun to promote. starting: a start was begun and is not done; the new master may have taken
 * writes.
 */
export type HalfDone = 'nothing' | 'stopped' | 'starting';

export const whatIsHalfDone = ({entries}: Entries): HalfDone => {
  const begun = (phase: string): boolean => entries.some(entry => entry.type === 'phase' && entry.phase === phase);
  const ended = (phase: string) =>
    entries.findLast(entry => entry.type === 'end' && entry.phase === phase) as End | undefined;
  const stop = ended('online stop');
  if (!begun('online stop') || ended('recover')?.result === 'done') return 'nothing';
  if (entries.some(({type}) => type === 'taken_over')) return 'nothing';
  // A start that an earlier failover began stays begun: the new master may have taken writes, whatever came after.
  const startIsBegun = begun('online start') || inheritsStart({entries});
  if (stop?.result === 'failed' && stop.notPutBack.length === 0 && !startIsBegun) return 'nothing';
  if (!startIsBegun) return 'stopped';
  return ended('online start')?.result === 'done' ? 'nothing' : 'starting';
};

type End = Extract<Entry, {type: 'end'}>;

const inheritsStart = (record: Entries): boolean =>
  takenOver(record)?.state === 'starting' && !hasTouchedNothing(record);

type Entries = Pick<FailoverRecord, 'entries'>;

/** What an earlier failover had left when this one began, if it has taken it over. */
export const takenOver = ({entries}: Entries): Abandoned | undefined =>
  entries.findLast(entry => entry.type === 'takes_over');

/** The operations to undo, oldest first: those of an abandoned failover that this one went on with, and its own. */
export const openedOperations = (record: Entries): readonly OpenedOperation[] => [
  ...(takenOver(record)?.operations ?? []),
  ...record.entries.filter(entry => entry.type === 'operation'),
];

/** A stop whose preflight spoke against it, or that was killed before its guard was there, has touched no host. */
const hasTouchedNothing = ({entries}: Entries): boolean =>
  entries.some(entry => entry.type === 'phase' && entry.phase === 'online stop') &&
  !entries.some(entry => entry.type === 'guard' || entry.type === 'operation');

/**
 * The failover that decides how the hosts should be now: the newest, except that a switch which touched no host does not
 * hide one that was abandoned before. With the highest epoch any record has.
 */
export const readCurrent = (stateDir: string, cluster: string): Promise<Current> =>
  fromStateDir(stateDir, () => findCurrent(stateDir, cluster));

export interface Current {
  readonly record: FailoverRecord | undefined;
  readonly epoch: number;
}

const findCurrent = async (stateDir: string, cluster: string): Promise<Current> => {
  const {epoch} = await readNewest(stateDir, cluster);
  for (const path of await listRecords(stateDir, cluster)) {
    const record = await readRecord(path);
    if (record === undefined || !hasTouchedNothing(record)) return {record, epoch};
  }
  return {record: undefined, epoch};
};
