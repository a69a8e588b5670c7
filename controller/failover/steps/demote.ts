import {nameOf, type Party} from '../move.ts';
import type {Step} from '../plan.ts';

/** Takes writes and clients away from a master. A second demote finds those who came in between. */
export const demote = (party: Party, {name, graceMs}: {readonly name: string; readonly graceMs: number}): Step => ({
  name,
  hosts: [nameOf(party)],
  run: async run => {
    const {superReadOnly, excludeUsers} = party.config;
    const operation = await run.operationOn(party);
    const value = {superReadOnly, graceMs, deadlineMs: run.leftMs, excludeUsers: [...excludeUsers]};
    const {changed, notes, after} = await operation.intent({$case: 'demote', value}, run.progressOf(party));
    if (after?.readOnly !== true)
      throw new Error(`${nameOf(party)} answers that it is demoted, but read_only reads off`);
    return {did: changed ? 'read-only, no application threads' : 'was demoted already', notes};
  },
});
