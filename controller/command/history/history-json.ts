import {outageJson} from '../show/show-json.ts';
import {workedMs} from '../show/timeline.ts';
import type {PastFailover} from './past-failover.ts';

/** The list for programs. Keys are snake_case; what is not known is null. */
export const historyJson = (failovers: readonly PastFailover[], total: number) => ({
  total,
  failovers: failovers.map(({id, cluster, epoch, timeline, outcome, problem}) => ({
    id,
    cluster,
    epoch,
    result: outcome ?? null,
    problem: problem ?? null,
    kind: timeline?.record.head.kind ?? null,
    old_master: timeline?.record.head.oldMaster ?? null,
    new_master: timeline?.record.head.newMaster ?? null,
    started_ms: timeline?.record.head.startedMs ?? null,
    hooks_ms: timeline === undefined ? null : workedMs(timeline),
    write_outage: timeline === undefined ? null : outageJson(timeline),
    old_master_is: timeline?.oldMaster?.fencing ?? null,
    missing: timeline?.missing ?? [],
  })),
});
