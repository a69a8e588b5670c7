import type {Vip} from '../../../proto/gen/mha_helper/v1/agent.ts';
import {nameOf, type Party} from '../move.ts';
import type {Step} from '../plan.ts';

/** Makes the new master writable. From here on nothing goes back: it may have taken writes. */
export const promote = (party: Party, {startEventScheduler, expectedVips}: PromoteOptions): Step => ({
  name: 'promote',
  hosts: [nameOf(party)],
  isPointOfNoReturn: true,
  run: async run => {
    const operation = await run.operationOn(party, {expectedVips: [...expectedVips]});
    const {changed, notes, after} = await operation.intent(
      {$case: 'promote', value: {startEventScheduler}},
      run.progressOf(party),
    );
    if (after?.readOnly !== false)
      throw new Error(`${nameOf(party)} answers that it is promoted, but read_only reads on`);
    return {did: changed ? 'writable' : 'was writable already', notes};
  },
});

export interface PromoteOptions {
  /** The event scheduler ran on the old master, so it belongs here now. */
  readonly startEventScheduler: boolean;
  /** Addresses that follow: their duplicate detection runs beside the promotion. */
  readonly expectedVips: readonly Vip[];
}
