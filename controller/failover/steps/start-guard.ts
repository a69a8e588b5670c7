import type {GuardIdentity} from '../../record/entry.ts';
import type {Step, StepOutcome} from '../plan.ts';
import type {FailoverRun} from '../run.ts';

/** Starts the process that heals the switch if MHA abandons it; resolves when it runs. */
export type StartGuard = () => Promise<StartedGuard>;

export interface StartedGuard extends GuardIdentity {
  /** False: its process lives, but has not said yet that it watches. */
  readonly isWatching: boolean;
}

/** The step, and what may begin before it: where no step comes to be, the guard finds the record at its end, and ends. */
export interface Guarding {
  readonly step: Step;
  readonly begin: (run: FailoverRun) => void;
}

/**
 * MHA has no abort hook: should it die or give up after this phase, nobody would give writes back. So before anything
 * changes somebody must be watching.
 */
export const guardWith = (start: StartGuard): Guarding => {
  let starting: Promise<StartedGuard> | undefined;
  const begin = async (run: FailoverRun): Promise<StartedGuard> => {
    await run.options.recorded(); // the guard knows the switch from its record alone
    return start();
  };
  const step = async (run: FailoverRun): Promise<StepOutcome> => {
    const {isWatching, ...guard} = await (starting ?? begin(run));
    run.options.record({type: 'guard', ...guard});
    await run.options.recorded(); // a disk that hangs by now must not be found out while nobody can write
    const notes = isWatching ? [] : ['the guard lives, but starts slowly: it has not said yet that it watches'];
    return {did: `process ${guard.pid} undoes this if MHA goes away before the start phase`, notes};
  };
  return {
    step: {name: 'guard', hosts: [], run: step},
    begin: run => {
      starting = begin(run);
      starting.catch(() => {}); // the step tells
    },
  };
};
