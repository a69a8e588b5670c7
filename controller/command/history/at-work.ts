import {findLockHolder} from '../../record/lock.ts';
import {isRunning} from '../../record/process-stat.ts';
import type {FailoverRecord} from '../../record/record-file.ts';

/** Who may still carry a failover on, one sentence each; empty: nobody that the record or the lock knows of. */
export const findWhoIsAtWork = async (
  stateDir: string,
  {head, entries}: FailoverRecord,
): Promise<readonly string[]> => {
  const holder = await findLockHolder(stateDir, head.cluster);
  const guard = entries.findLast(entry => entry.type === 'guard');
  const watches = guard !== undefined && isRunning(guard);
  const drives = guard !== undefined && isRunning(guard.mha);
  return [
    ...(holder === undefined ? [] : [`process ${holder.pid} works on the cluster (${holder.purpose})`]),
    ...(drives ? [`MHA is alive (process ${guard?.mha.pid}) and may begin its start phase at any moment`] : []),
    ...(watches ? [`the guard is alive (process ${guard?.pid}) and puts the switch back itself once MHA is gone`] : []),
  ];
};
