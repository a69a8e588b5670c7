import type {Demote, Vip} from '../../../proto/gen/mha_helper/v1/agent.ts';
import {AgentRefused} from '../../agents/errors.ts';
import {nameOf, type Party} from '../move.ts';
import type {Step, StepOutcome} from '../plan.ts';
import type {FailoverRun} from '../run.ts';

/**
 * Takes writes and clients away from a master. Always followed by `demoteAgain`: until then nobody has seen that nobody
 * writes any more, and what that takes runs beside the steps between.
 */
export const demote = (party: Party, {graceMs, closes}: Gentle): Step => ({
  name: 'demote',
  hosts: [nameOf(party)],
  run: run => takeWrites(party, run, {...now(run), graceMs, settlesLater: true, closes: [...closes]}),
});

export interface Gentle {
  /** How long application threads may finish what they are doing. */
  readonly graceMs: number;
  /** Addresses that are released next: nobody comes in through them any more once the threads are killed. */
  readonly closes: readonly Vip[];
}

/** Finds those who came in between. */
export const demoteAgain = (party: Party): Step => ({
  name: 'demote again',
  hosts: [nameOf(party)],
  run: run => takeWrites(party, run, now(run)),
});

const now = ({leftMs}: FailoverRun): Wish => ({
  graceMs: 0,
  deadlineMs: leftMs,
  pendingOnFailure: false,
  settlesLater: false,
  closes: [],
});

/** How long a mysqld that did not answer a moment ago is given once more: MHA waits, and so do all clients. */
const tryMs = 1000;

/**
 * Takes writes from a master that was found dead: now if its mysqld answers, else its agent does it as soon as mysqld
 * answers again. One that was only frozen would go on taking writes where it stood.
 */
export const demoteNowOrLater = (party: Party, {mysqldAnswers}: {readonly mysqldAnswers: boolean}): Step => ({
  name: 'demote',
  hosts: [nameOf(party)],
  run: async run => {
    const deadlineMs = mysqldAnswers ? run.leftMs : Math.min(tryMs, run.leftMs);
    try {
      return await takeWrites(party, run, {...now(run), deadlineMs, pendingOnFailure: true});
    } catch (error) {
      if (!(error instanceof AgentRefused) || !error.isPending) throw error;
      if (!mysqldAnswers) return {did: `mysqld does not answer; ${laterBy(party)}`};
      throw new Error(`${error.message}; ${laterBy(party)}`, {cause: error});
    }
  },
});

/**
 * The first of two where mysqld answers: what it cannot do at once, `demoteNowOrLater` does behind the release of the VIP,
 * which must not wait for a mysqld that has just frozen.
 */
export const demoteWhileItAnswers = (party: Party, closes: readonly Vip[]): Step => ({
  name: 'demote',
  hosts: [nameOf(party)],
  run: async run => {
    const deadlineMs = Math.min(tryMs, run.leftMs);
    const wish = {...now(run), deadlineMs, pendingOnFailure: true, settlesLater: true, closes: [...closes]};
    try {
      return await takeWrites(party, run, wish);
    } catch (error) {
      if (!(error instanceof AgentRefused)) throw error;
      return {did: 'not yet; once more when the VIP is off', notes: [error.message]};
    }
  },
});

const laterBy = ({config}: Party): string => `the agent on ${config.name} makes it read-only as soon as it can`;

type Wish = Omit<Demote, 'superReadOnly' | 'excludeUsers'>;

const takeWrites = async (party: Party, run: FailoverRun, wish: Wish): Promise<StepOutcome> => {
  const {superReadOnly, excludeUsers} = party.config;
  const operation = await run.operationOn(party);
  const value = {...wish, superReadOnly, excludeUsers: [...excludeUsers]};
  const {changed, notes, after} = await operation.intent({$case: 'demote', value}, run.progressOf(party));
  if (after?.readOnly !== true) throw new Error(`${nameOf(party)} answers that it is demoted, but read_only reads off`);
  return {did: changed ? 'read-only, no application threads' : 'was demoted already', notes};
};
