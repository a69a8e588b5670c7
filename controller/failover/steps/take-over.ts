import type {Abandoned} from '../../record/entry.ts';
import {appendEntry, type FailoverRecord} from '../../record/record-file.ts';
import {nameOf, type Party} from '../move.ts';
import type {Step} from '../plan.ts';

/** An abandoned switch, and what it has left. */
export interface Legacy {
  readonly record: FailoverRecord;
  readonly left: Abandoned;
}

/**
 * Goes on where an abandoned switch has left the hosts. This one finds everything done already, so its own undo would
 * leave nobody writable: from here on it leads back to the state before the abandoned stop. Not where a start was begun,
 * since the new master may have taken writes: nothing is inherited then, and only forward leads out.
 */
export const takeOver = ({record, left}: Legacy, parties: readonly Party[]): Step => ({
  name: 'take over',
  hosts: parties.map(nameOf),
  run: async run => {
    await run.options.recorded(); // whoever comes after a crash of ours must know whose operations these were
    for (const party of parties) {
      const {name, port} = party.config;
      const earlier = left.operations.findLast(one => one.host === name && one.port === port);
      await run.operationOn(party, {takesOver: earlier?.operationId ?? ''});
    }
    const {cluster, epoch} = run.options;
    await appendEntry(record.path, {type: 'taken_over', by: `${cluster}-${epoch}`});
    const undo = left.state === 'stopped' ? 'an undo leads back to the state before it' : 'its start had begun';
    return {did: `failover ${left.failover} was abandoned; ${undo}`};
  },
});
