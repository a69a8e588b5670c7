import type {Entry} from '../record/entry.ts';
import type {FailoverRecord} from '../record/record-file.ts';
import type {FailoverAccount, VipAccount} from './compose-report.ts';

/** Our own account of a failover, from its record and a look at the addresses; undefined when there is no record of it. */
export const accountOf = (
  record: FailoverRecord | undefined,
  {oldMasterHost, vips}: {readonly oldMasterHost: string; readonly vips: readonly VipAccount[]},
): FailoverAccount | undefined => {
  if (record?.head.oldMaster.startsWith(`${oldMasterHost}:`) !== true) return undefined;
  const known = record.entries.findLast(entry => entry.type === 'old_master');
  return {
    oldMaster: record.head.oldMaster,
    fencing: known ?? {fencing: 'unknown', because: 'the failover has no record of what became of it'},
    vips,
    notes: record.entries.flatMap(sayTrouble),
  };
};

const sayTrouble = (entry: Entry): string[] => {
  if (entry.type === 'step' && entry.result === 'failed')
    return [`${entry.step} on ${entry.hosts.join(', ')}: ${entry.did}`];
  if (entry.type === 'end') return entry.notPutBack.map(line => `not put back: ${line}`);
  return [];
};
