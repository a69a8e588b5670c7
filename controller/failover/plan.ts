import type {FailoverRun} from './run.ts';

/** A failover phase as a list of steps: what happens in which order, and what happens when one fails. */
export interface Plan {
  readonly name: string;
  /**
   * undo: put back everything, newest first; the hook exits 1.
   * keep: there is no better state to go back to; the steps that follow are still tried, the hook exits 10.
   */
  readonly onFailure: 'undo' | 'keep';
  /** Agents that lose us keep what they did, too: they cannot know whether a new master is being made. */
  readonly agentsKeep?: boolean;
  readonly steps: readonly Step[];
}

/** One step. It throws when what it promises is not so. */
export interface Step {
  readonly name: string;
  /** The hosts it works on, for people. */
  readonly hosts: readonly string[];
  /** What it moves and by whom, "metal 10.0.0.50/24": its failure is one line that says all a person must know. */
  readonly moves?: string;
  /** From this step's success on the plan keeps what it did: the new master may have taken writes. */
  readonly isPointOfNoReturn?: boolean;
  /** A step that decides whether to begin at all: its failure ends the plan, whatever `onFailure` says. */
  readonly isPreflight?: boolean;
  run(run: FailoverRun): Promise<StepOutcome>;
}

export interface StepOutcome {
  /** What was done or found, in a few words: "already so", "killed 12 threads". */
  readonly did: string;
  /** Worth telling although the step succeeded. */
  readonly notes?: readonly string[];
}
