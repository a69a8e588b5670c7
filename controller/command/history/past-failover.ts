import {basename} from 'node:path';
import {readRecord} from '../../record/record-file.ts';
import {type Timeline, timelineOf} from '../show/timeline.ts';
import {findWhoIsAtWork} from './at-work.ts';
import {type Outcome, outcomeOf} from './outcome.ts';

/** A failover of which there is a record, or at least its file. */
export interface PastFailover {
  readonly id: string;
  readonly cluster: string;
  readonly epoch: number;
  /** NaN: unknown. */
  readonly startedMs: number;
  /** Undefined: the file cannot be read, and `problem` says why. */
  readonly timeline: Timeline | undefined;
  readonly problem: string | undefined;
  readonly outcome: Outcome | undefined;
}

export interface RecordPlace {
  readonly path: string;
  readonly stateDir: string;
  readonly cluster: string;
  /** Only the newest failover of a cluster can still be under way. */
  readonly isNewest: boolean;
}

/** Reads one record. Never throws: a file that cannot be read is a failover of which only the number is known. */
export const readPastFailover = async ({path, stateDir, cluster, isNewest}: RecordPlace): Promise<PastFailover> => {
  const epoch = Number.parseInt(basename(path), 10);
  const known = {id: `${cluster}-${epoch}`, cluster, epoch};
  try {
    const record = await readRecord(path);
    if (record === undefined) return {...known, ...unreadable(`${path}: its first line is missing or torn`)};
    const timeline = timelineOf(record);
    const isAtWork = isNewest && (await findWhoIsAtWork(stateDir, record)).length > 0;
    const outcome = outcomeOf(timeline, isAtWork);
    return {...known, startedMs: record.head.startedMs, timeline, problem: undefined, outcome};
  } catch (error) {
    return {...known, ...unreadable(`${path}: ${(error as Error).message}`)};
  }
};

const unreadable = (problem: string) => ({
  startedMs: Number.NaN,
  timeline: undefined,
  problem,
  outcome: undefined,
});
