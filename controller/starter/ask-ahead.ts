import type {Party} from '../failover/move.ts';
import type {StartFacts} from '../failover/phase.ts';
import {findFreeGeneration, type Lock} from '../record/lock.ts';
import type {Prepared} from './run-starter.ts';
import {kindOf} from './start-kinds.ts';

export interface AskedAhead {
  /** The lock's generation before anybody was asked; undefined: somebody held it, and nobody was. */
  readonly free: Promise<number | undefined>;
  /** What a start rests on, for who holds this lock. */
  readonly facts: (lock: Pick<Lock, 'generation'>) => Promise<StartFacts>;
}

/**
 * Asks the masters, and reads the record, before the lock is held. What they say counts only where the lock was free when
 * they were asked, and the one that is then held is the next: nobody held it in between, so no controller has changed
 * anything since, and an operation that is open has been left by its controller. Otherwise they are asked again.
 */
export const askAhead = (prepared: Prepared, newMaster: Party): AskedAhead => {
  const {cluster, oldParty: oldMaster} = prepared;
  const ask = () =>
    kindOf(prepared).gatherFacts({cluster, oldMaster, newMaster, deadline: performance.now() + cluster.hookTimeoutMs});
  // what goes wrong here does so again where it can be told
  const free = findFreeGeneration(cluster.stateDir, cluster.name).catch(() => undefined);
  const asking = free.then(found => (found === undefined ? undefined : ask())).catch(() => undefined);
  const facts: AskedAhead['facts'] = async ({generation}) =>
    ((await free) === generation - 1 ? await asking : undefined) ?? ask();
  return {free, facts};
};

/** A hook needs so long to load where the machine is busy. What is older says too little of now. */
const freshMs = 300;

/** Who is asked when MHA starts a process: most of the time that becomes the hook. */
export interface Asking {
  /** MHA has started a process. Asks, where it is known who will be the new master. */
  begin(): void;
  /** What was asked then, or is asked now. */
  of(newMaster: Party): AskedAhead;
}

export const asking = (prepared: Prepared): Asking => {
  const {newMaster, candidates} = prepared;
  const known = newMaster === undefined ? undefined : candidates[0];
  let last: {readonly atMs: number; readonly asked: AskedAhead} | undefined;
  return {
    begin: () => {
      if (known !== undefined) last = {atMs: performance.now(), asked: askAhead(prepared, known)};
    },
    of: party => {
      const isFresh = last !== undefined && performance.now() - last.atMs < freshMs;
      return last !== undefined && isFresh && party === known ? last.asked : askAhead(prepared, party);
    },
  };
};
