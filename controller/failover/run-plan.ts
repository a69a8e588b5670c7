import {AgentRefused} from '../agents/errors.ts';
import type {PhaseResult, StepAccount} from '../record/entry.ts';
import type {Plan, Step} from './plan.ts';
import type {FailoverRun} from './run.ts';
import {undoAll} from './undo-all.ts';

export interface PhaseAccount {
  readonly result: PhaseResult;
  readonly steps: readonly StepAccount[];
  /** What an undo could not put back or nobody saw put back. */
  readonly notPutBack: readonly string[];
}

/** Hears of each step as it ends, before the next begins. */
export type OnStep = (account: StepAccount) => void;

/** Runs the steps in order; on failure keeps or undoes, as the plan says. Never throws. */
export const runPlan = async (plan: Plan, run: FailoverRun, onStep: OnStep): Promise<PhaseAccount> => {
  const steps: StepAccount[] = [];
  let keeps = plan.onFailure === 'keep';
  for (const step of plan.steps) {
    const account = await runStep(step, run, plan.name);
    steps.push(account);
    onStep(account);
    if (account.result === 'ok') keeps ||= step.isPointOfNoReturn === true;
    else if (step.isPreflight === true || !keeps) {
      return {result: 'failed', steps, notPutBack: await undoAll(run, onStep)};
    }
  }
  const isComplete = steps.every(step => step.result === 'ok');
  return {result: isComplete ? 'done' : 'incomplete', steps, notPutBack: []};
};

const runStep = async (step: Step, run: FailoverRun, phase: string): Promise<StepAccount> => {
  const begin = performance.now();
  const account = (result: StepAccount['result'], did: string, notes: readonly string[]): StepAccount => ({
    step: step.name,
    hosts: step.hosts,
    result,
    durationMs: Math.round(performance.now() - begin),
    did,
    notes,
    states: run.states.takeChanges(),
  });
  try {
    if (run.leftMs === 0) throw new Error('the deadline (hook_timeout) has passed');
    run.options.faultPoint(`${phase}/before ${step.name}`);
    const {did, notes = []} = await step.run(run);
    run.options.faultPoint(`${phase}/after ${step.name}`);
    return account('ok', did, notes);
  } catch (error) {
    return account('failed', sayFailure(step, error as Error), adviceOf(step, error));
  }
};

/** Host, what moves and by whom, the error, and what to do next: in one line, which can be searched for. */
const sayFailure = ({moves, hosts}: Step, error: Error): string => {
  if (moves === undefined) return error.message;
  const hint = hintOf(error);
  const next = hint === '' ? '' : ` (next: ${hint})`;
  return `${moves} on ${hosts.join(', ')}: ${error.message}${next}`.replaceAll('; ', ', ').replaceAll(/\s*\n\s*/g, ' ');
};

const adviceOf = ({moves}: Step, error: unknown): string[] => {
  const notes = error instanceof AgentRefused ? [...error.notes] : [];
  const hint = hintOf(error);
  return hint === '' || moves !== undefined ? notes : [...notes, hint];
};

const hintOf = (error: unknown): string => (error as {hint?: string}).hint ?? '';
