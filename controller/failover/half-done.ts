import type {Entry} from '../record/entry.ts';
import type {FailoverRecord} from '../record/record-file.ts';

/**
 * What a failover record says is still open.
 * nothing: complete, undone or never begun. stopped: the old master is demoted, or was being demoted when everybody
 * died, and nobody has begun to promote. starting: a start was begun and is not done; the new master may have taken
 * writes.
 */
export type HalfDone = 'nothing' | 'stopped' | 'starting';

export const whatIsHalfDone = ({entries}: FailoverRecord): HalfDone => {
  const begun = (phase: string): boolean => entries.some(entry => entry.type === 'phase' && entry.phase === phase);
  const ended = (phase: string) =>
    entries.findLast(entry => entry.type === 'end' && entry.phase === phase) as End | undefined;
  const stop = ended('online stop');
  if (!begun('online stop') || ended('recover')?.result === 'done') return 'nothing';
  if (stop?.result === 'failed' && stop.notPutBack.length === 0) return 'nothing';
  if (!begun('online start')) return 'stopped';
  return ended('online start')?.result === 'done' ? 'nothing' : 'starting';
};

type End = Extract<Entry, {type: 'end'}>;

/** The operations the failover opened on the hosts, oldest first. */
export const openedOperations = ({entries}: FailoverRecord) => entries.filter(entry => entry.type === 'operation');
