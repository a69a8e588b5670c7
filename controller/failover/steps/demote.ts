import {AgentRefused} from '../../agents/errors.ts';
import {nameOf, type Party} from '../move.ts';
import type {Step, StepOutcome} from '../plan.ts';
import type {FailoverRun} from '../run.ts';

/** Takes writes and clients away from a master. A second demote finds those who came in between. */
export const demote = (party: Party, {name, graceMs}: {readonly name: string; readonly graceMs: number}): Step => ({
  name,
  hosts: [nameOf(party)],
  run: run => takeWrites(party, run, {graceMs, deadlineMs: run.leftMs, pendingOnFailure: false}),
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
      return await takeWrites(party, run, {graceMs: 0, deadlineMs, pendingOnFailure: true});
    } catch (error) {
      if (!(error instanceof AgentRefused) || !error.isPending) throw error;
      if (!mysqldAnswers) return {did: `mysqld does not answer; ${laterBy(party)}`};
      throw new Error(`${error.message}; ${laterBy(party)}`, {cause: error});
    }
  },
});

const laterBy = ({config}: Party): string => `the agent on ${config.name} makes it read-only as soon as it can`;

interface Wish {
  readonly graceMs: number;
  readonly deadlineMs: number;
  readonly pendingOnFailure: boolean;
}

const takeWrites = async (party: Party, run: FailoverRun, wish: Wish): Promise<StepOutcome> => {
  const {superReadOnly, excludeUsers} = party.config;
  const operation = await run.operationOn(party);
  const value = {...wish, superReadOnly, excludeUsers: [...excludeUsers]};
  const {changed, notes, after} = await operation.intent({$case: 'demote', value}, run.progressOf(party));
  if (after?.readOnly !== true) throw new Error(`${nameOf(party)} answers that it is demoted, but read_only reads off`);
  return {did: changed ? 'read-only, no application threads' : 'was demoted already', notes};
};
