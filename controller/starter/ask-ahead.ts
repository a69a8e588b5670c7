import {gatherFacts, type StartFacts} from '../failover/online-phases.ts';
import {findFreeGeneration, type Lock} from '../record/lock.ts';
import type {Prepared} from './run-starter.ts';
import {watchChildren} from './watch-children.ts';

export interface AskedAhead {
  /** The lock's generation before anybody was asked; undefined: somebody held it, and nobody was. */
  readonly free: Promise<number | undefined>;
  /** What a start rests on, for who holds this lock. */
  readonly facts: (lock: Lock) => Promise<StartFacts>;
}

/**
 * Asks both masters, and reads the record, before the lock is held. What they say counts only where the lock was free when
 * they were asked, and the one that is then held is the next: nobody held it in between, so no controller has changed
 * anything since, and an operation that is open has been left by its controller. Otherwise they are asked again.
 */
export const askAhead = (prepared: Prepared): AskedAhead => {
  const {cluster, oldParty: oldMaster, newParty: newMaster} = prepared;
  const ask = () => gatherFacts({cluster, oldMaster, newMaster, deadline: performance.now() + cluster.hookTimeoutMs});
  // what goes wrong here does so again where it can be told
  const free = findFreeGeneration(cluster.stateDir, cluster.name).catch(() => undefined);
  const asking = free.then(found => (found === undefined ? undefined : ask())).catch(() => undefined);
  const facts = async ({generation}: Lock): Promise<StartFacts> =>
    ((await free) === generation - 1 ? await asking : undefined) ?? ask();
  return {free, facts};
};

/** A hook needs so long to load where the machine is busy. What is older says too little of now. */
const freshMs = 300;

/**
 * Asks when MHA starts a process: that is the hook of the start phase most of the time, and while it loads the agents
 * answer. Answers how to get what was asked then, or is asked at once.
 */
export const askWhenMhaActs = (prepared: Prepared): (() => AskedAhead) => {
  let last: {readonly atMs: number; readonly asked: AskedAhead} | undefined;
  watchChildren(prepared.mha.pid, () => {
    last = {atMs: performance.now(), asked: askAhead(prepared)};
  });
  return () => (last !== undefined && performance.now() - last.atMs < freshMs ? last.asked : askAhead(prepared));
};
