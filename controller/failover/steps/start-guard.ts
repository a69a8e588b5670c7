import type {GuardIdentity} from '../../record/entry.ts';
import type {Step} from '../plan.ts';

/** Starts the process that heals the switch if MHA abandons it; resolves when it runs. */
export type StartGuard = () => Promise<StartedGuard>;

export interface StartedGuard extends GuardIdentity {
  /** False: its process lives, but has not said yet that it watches. */
  readonly isWatching: boolean;
}

/**
 * MHA has no abort hook: should it die or give up after this phase, nobody would give writes back. So before anything
 * becomes final somebody must be watching.
 */
export const startGuard = (start: StartGuard): Step => ({
  name: 'guard',
  hosts: [],
  run: async run => {
    await run.options.recorded(); // the guard knows the switch from its record alone
    const {isWatching, ...guard} = await start();
    run.options.record({type: 'guard', ...guard});
    const notes = isWatching ? [] : ['the guard lives, but starts slowly: it has not said yet that it watches'];
    return {did: `process ${guard.pid} undoes this if MHA goes away before the start phase`, notes};
  },
});
