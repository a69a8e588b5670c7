import {showJson} from '../show/show-json.ts';
import type {FinishedMove} from './finish-move.ts';

/** What came of a switch, for programs; `failover` as `mha-helper show --json` tells it, null when no hook has begun. */
export const moveJson = ({exitCode, failover}: FinishedMove) => ({
  exit_code: exitCode,
  failover:
    failover?.timeline === undefined || failover.outcome === undefined
      ? null
      : showJson(failover.timeline, failover.outcome),
});
