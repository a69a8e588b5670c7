import type {Step} from '../plan.ts';
import type {FailoverRun} from '../run.ts';

/** Begins this and that beside a step, which waits for none of it: what takes time elsewhere is then no write downtime. */
export const meanwhile = (step: Step, ...begin: readonly ((run: FailoverRun) => void)[]): Step => ({
  ...step,
  run: run => {
    for (const each of begin) each(run);
    return step.run(run);
  },
});
