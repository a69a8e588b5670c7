import {setTimeout} from 'node:timers/promises';
import type {FaultPoint} from '../../proto/fault-points.ts';
import type {ClusterConfig} from '../config/cluster-config.ts';
import type {FencingKnowledge} from '../record/entry.ts';
import {ClusterLocked, type Lock, type LockWish, lockCluster} from '../record/lock.ts';
import type {Current} from './half-done.ts';
import type {Party} from './move.ts';
import type {Parties} from './parties.ts';
import type {Tell} from './run.ts';
import type {PhaseAccount} from './run-plan.ts';
import type {Survey} from './survey.ts';

/** What every phase is given. */
export interface PhaseInput {
  readonly cluster: ClusterConfig;
  readonly parties: Parties;
  readonly oldMaster: Party;
  /** Monotonic time after which nothing new is begun. */
  readonly deadline: number;
  readonly tell: Tell;
  /** When MHA started the process of this phase, milliseconds since 1970; undefined: MHA did not. */
  readonly beganMs?: number;
  /** What MHA is answered for a result; undefined: MHA did not ask. */
  readonly exitCodeOf?: (end: Pick<PhaseEnd, 'result'>) => number;
  /** Where tests break the process; nothing in production. */
  readonly faultPoint: FaultPoint;
}

/** Of a start phase. */
export interface StartInput extends PhaseInput {
  readonly newMaster: Party;
}

/** What a start asks about. */
export type StartQuestion = Pick<StartInput, 'cluster' | 'oldMaster' | 'newMaster' | 'deadline'>;

/** What a start rests on. The cluster's lock was held, or nobody's, since before it was asked for. */
export interface StartFacts {
  readonly survey: Survey;
  readonly current: Current;
}

export interface PhaseEnd extends PhaseAccount {
  /** `<cluster>-<epoch>`; undefined when nothing was begun. */
  readonly failoverId: string | undefined;
  /** What is known of the old master; undefined where the phase is not about it. */
  readonly oldMaster: FencingKnowledge | undefined;
}

/** Runs one phase alone: no other controller works on the cluster meanwhile. Throws ClusterLocked when one does. */
export const alone = async <T>(
  {cluster, tell, ...wish}: Pick<PhaseInput, 'cluster' | 'tell'> & Pick<LockWish, 'servesUnasked' | 'seenFree'>,
  purpose: string,
  act: (lock: Lock) => Promise<T>,
): Promise<T> => {
  const lock = await lockCluster(cluster.stateDir, cluster.name, {...wish, purpose});
  try {
    return await act(lock);
  } finally {
    // A lock that stays behind blocks nobody: its holder is dead in a moment.
    await lock.release().catch((error: Error) => tell(`    note: the lock could not be released: ${error.message}`));
  }
};

/** Whoever puts back, or finishes, what was abandoned. */
export const recovery = 'recover';
/** What a phase needs of its time at least, and how often it looks whether it may begin. */
const neededMs = 10_000;
const lookMs = 50;

/**
 * Alone, but not refused because an abandoned switch is being put back, by its guard perhaps for minutes where the old master
 * cannot be asked: whoever does that lets go between two tries, and finds nothing more to do behind a failover.
 */
export const aloneSoon = async <T>(input: PhaseInput, purpose: string, act: () => Promise<T>): Promise<T> => {
  for (let isTold = false; ; isTold = true) {
    try {
      return await alone(input, purpose, act);
    } catch (error) {
      const isWorthWaiting = error instanceof ClusterLocked && error.holder?.purpose === recovery;
      if (!isWorthWaiting || performance.now() + neededMs > input.deadline) throw error;
      if (!isTold) input.tell(`    ${error.message}; waiting`);
      await setTimeout(lookMs);
    }
  }
};
