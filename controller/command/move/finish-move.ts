import type {ClusterConfig} from '../../config/cluster-config.ts';
import type {CommandEnvironment} from '../environment.ts';
import {sayDuration} from '../history/duration.ts';
import type {PastFailover} from '../history/past-failover.ts';
import {outageOf} from '../show/outage.ts';
import {statusOf} from '../status/cluster-status.ts';
import {renderStatus} from '../status/render-status.ts';
import {surveyClusters} from '../survey-clusters.ts';
import type {LiveLine} from '../terminal/live-line.ts';
import {awaitUndo, newestFailover} from './await-undo.ts';
import type {RunningMha} from './start-mha.ts';
import type {MhaEnd} from './watch-mha.ts';

/** What commands that run MHA exit with. */
export const moveExitCodes = {
  done: 0,
  /** Nothing moved: it was refused or undone, or the output says what was not. */
  failed: 1,
  /** The master moved, and something is missing. */
  incomplete: 10,
  /** Interrupted in time: everything is as it was, or the guard is about to see to that. */
  interrupted: 130,
} as const;

export interface FinishedMove {
  readonly exitCode: number;
  /** Undefined: no hook has begun. */
  readonly failover: PastFailover | undefined;
}

interface Ending {
  readonly cluster: ClusterConfig;
  readonly mha: RunningMha;
  readonly end: MhaEnd;
  /** The newest failover before MHA was started. */
  readonly before: PastFailover | undefined;
  readonly live: LiveLine;
  readonly environment: CommandEnvironment;
}

/** After MHA: waits for an undo, tells what came of it, and how the cluster is now. */
export const finishMove = async (ending: Ending): Promise<FinishedMove> => {
  const {cluster, mha, end, before, live, environment} = ending;
  const code = await settle(ending);
  live.end();
  const newest = await newestFailover(cluster);
  const failover = newest?.id === before?.id ? undefined : newest;
  const exitCode = end.how === 'ended' ? exitCodeOf(end.code, failover) : code;
  for (const line of sayFailover(failover)) environment.tell(line);
  if (exitCode !== moveExitCodes.done) environment.tell(`All that MHA said: ${mha.logPath}`);
  environment.tell('');
  await tellStatus(cluster, environment);
  return {exitCode, failover};
};

const settle = async ({cluster, mha, end, live}: Ending): Promise<number> => {
  if (end.how === 'ended') return end.code;
  if (end.how === 'left') {
    live.say(`MHA goes on without us (process ${mha.pid}); mha-helper status ${cluster.name} tells when it is done`);
    return moveExitCodes.interrupted;
  }
  const undo = await awaitUndo(cluster, {hooks: end.hooks, live});
  if (undo === 'late') live.say(`  FAIL still half done; look at mha-helper recover ${cluster.name}`);
  if (undo === 'left')
    live.say(`the guard goes on without us; mha-helper status ${cluster.name} tells when it is done`);
  return undo === 'late' ? moveExitCodes.failed : moveExitCodes.interrupted;
};

/** MHA ends with 0 although a hook said 10, and with others although the master has moved: our own record knows. */
const exitCodeOf = (ofMha: number, failover: PastFailover | undefined): number => {
  const hasMoved = failover?.outcome === 'done' || failover?.outcome === 'incomplete';
  if (!hasMoved) return ofMha === 0 && failover === undefined ? moveExitCodes.incomplete : moveExitCodes.failed;
  return ofMha === 0 && failover?.outcome === 'done' ? moveExitCodes.done : moveExitCodes.incomplete;
};

const sayFailover = (failover: PastFailover | undefined): readonly string[] => {
  if (failover?.timeline === undefined) return [];
  const outage = outageOf(failover.timeline);
  const lasted =
    outage?.endMs === undefined
      ? ''
      : `; writes were away for ${sayDuration(outage.endMs - outage.beganMs)}, as the hooks saw it`;
  return [`${failover.id}: ${failover.outcome}${lasted}`];
};

/** The cluster as it is now, seen by its agents. */
const tellStatus = async (cluster: ClusterConfig, {tell, terminal}: CommandEnvironment): Promise<void> => {
  const [status] = await surveyClusters([cluster], async asked => statusOf(asked, Date.now()));
  if (status === undefined) return;
  for (const line of renderStatus(status, terminal)) tell(line);
};
