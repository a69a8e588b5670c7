import {nameOf, type Party} from '../move.ts';
import type {Step} from '../plan.ts';

/** What the step says when no agent undoes anything any more. */
export const madeFinal = 'final';

/** Makes the operations final, all at once. Until here every host would undo by itself. */
export const commit = (parties: readonly Party[]): Step => ({
  name: 'commit',
  hosts: parties.map(nameOf),
  run: async run => {
    await run.options.recorded(); // what is final must be known to whoever comes after a crash of ours
    const opened = parties.filter(party => run.openedOn(party) !== undefined);
    const ends = await Promise.allSettled(opened.map(party => run.openedOn(party)?.commit()));
    // Not before all have answered: an undo must know what is final.
    for (const end of ends) if (end.status === 'rejected') throw end.reason;
    return {did: opened.length > 0 ? madeFinal : 'nothing to commit'};
  },
});
