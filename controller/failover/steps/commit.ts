import {nameOf, type Party} from '../move.ts';
import type {Step} from '../plan.ts';

/** Makes the operations final, in this order. Until here every host would undo by itself. */
export const commit = (...parties: readonly Party[]): Step => ({
  name: 'commit',
  hosts: parties.map(nameOf),
  run: async run => {
    const opened = parties.map(party => run.openedOn(party)).filter(operation => operation !== undefined);
    for (const operation of opened) await operation.commit();
    return {did: opened.length > 0 ? 'final' : 'nothing to commit'};
  },
});
