import type {Journal} from './journal.ts';
import type {OperationRecord} from './record.ts';

/**
 * What an operation takes over: MHA died after an earlier stop, and the stop of another MHA finds everything done. Its
 * undo must lead back to the state before the first, or nobody would be writable. Undefined: nothing is left of it, or
 * something came after it and has decided anew.
 */
export const inheritanceOf = (
  journal: Journal,
  {takesOver, cluster, port}: {readonly takesOver: string; readonly cluster: string; readonly port: number},
): OperationRecord | undefined => {
  const newest = journal.records().findLast(record => record.port === port);
  if (newest === undefined || newest.id !== takesOver || newest.cluster !== cluster) return undefined;
  return newest.state === 'committed' || newest.state === 'undo_pending' ? newest : undefined;
};
