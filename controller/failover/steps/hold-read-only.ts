import {nameOf, type Party} from '../move.ts';
import type {Step} from '../plan.ts';

/** The new master stays read-only until it is promoted: a write that slips in now would be lost or diverge. */
export const holdReadOnly = (party: Party): Step => ({
  name: 'hold read-only',
  hosts: [nameOf(party)],
  run: async run => {
    const operation = await run.operationOn(party);
    const {superReadOnly} = party.config;
    const {changed, notes} = await operation.intent(
      {$case: 'holdReadOnly', value: {superReadOnly}},
      run.progressOf(party),
    );
    return {did: changed ? 'set read_only' : 'was read-only already', notes};
  },
});
