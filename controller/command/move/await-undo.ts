import {setTimeout} from 'node:timers/promises';
import type {ClusterConfig} from '../../config/cluster-config.ts';
import type {ProcessIdentity} from '../../record/entry.ts';
import {isRunning} from '../../record/process-stat.ts';
import {listRecords} from '../../record/record-file.ts';
import {type PastFailover, readPastFailover} from '../history/past-failover.ts';
import {Interrupts} from '../terminal/interrupts.ts';
import type {LiveLine} from '../terminal/live-line.ts';

/** The newest failover of the cluster; undefined: it has had none. */
export const newestFailover = async ({
  stateDir,
  name,
}: Pick<ClusterConfig, 'stateDir' | 'name'>): Promise<PastFailover | undefined> => {
  const [path] = await listRecords(stateDir, name);
  return path === undefined ? undefined : readPastFailover({path, stateDir, cluster: name, isNewest: true});
};

/** Beyond the bound of a hook: the guard has to notice, and to ask all hosts. */
const guardMs = 60_000;
const lookMs = 200;

/**
 * After MHA was stopped: waits until its hooks have ended and nothing is half done any more. False: it still is, or
 * somebody interrupts the waiting; the guard goes on.
 */
export const awaitUndo = async (
  cluster: ClusterConfig,
  {hooks, live}: {readonly hooks: readonly ProcessIdentity[]; readonly live: LiveLine},
): Promise<'put back' | 'late' | 'left'> => {
  const interrupts = new Interrupts();
  const until = performance.now() + cluster.hookTimeoutMs + guardMs;
  try {
    while (performance.now() < until) {
      if (interrupts.count > 0) return 'left';
      const isAlive = hooks.some(isRunning);
      const outcome = (await newestFailover(cluster))?.outcome;
      if (!isAlive && outcome !== 'half done' && outcome !== 'under way') return 'put back';
      live.now(isAlive ? 'waiting for the hook that is at work' : 'waiting for the guard to give writes back');
      await setTimeout(lookMs);
    }
    return 'late';
  } finally {
    interrupts.close();
  }
};
