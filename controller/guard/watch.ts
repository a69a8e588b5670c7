import {setTimeout} from 'node:timers/promises';
import {noFaults} from '../../proto/fault-points.ts';
import type {ClusterConfig} from '../config/cluster-config.ts';
import {whatIsHalfDone} from '../failover/half-done.ts';
import {Parties} from '../failover/parties.ts';
import {recoverCluster} from '../failover/recover.ts';
import type {PhaseAccount} from '../failover/run-plan.ts';
import type {ProcessIdentity} from '../record/entry.ts';
import {ClusterLocked} from '../record/lock.ts';
import {isRunning} from '../record/process-stat.ts';
import {type FailoverRecord, readRecord} from '../record/record-file.ts';

/** How often the guard looks whether MHA lives. Writes are back within five seconds after it is gone. */
const lookMs = 200;
/** How long the guard goes on trying to heal once MHA is gone. */
const healWithinMs = 300_000;
const healAgainMs = 1000;

export interface Watched {
  readonly cluster: ClusterConfig;
  readonly recordPath: string;
  readonly mha: ProcessIdentity;
  readonly tell: (line: string) => void;
}

/**
 * Waits until MHA is gone, then takes back its stop phase unless the start phase has begun. Returns the account of
 * the healing, or undefined when there was nothing to heal.
 */
export const watch = async (watched: Watched): Promise<PhaseAccount | undefined> => {
  const {mha, tell, recordPath} = watched;
  while (isRunning(mha)) {
    if (await isSettled(recordPath)) return undefined;
    await setTimeout(lookMs);
  }
  // A stop that its own hook has undone is not touched: whoever switches again at once must find the cluster free.
  if (await isSettled(recordPath)) return undefined;
  tell(`guard: MHA (process ${mha.pid}) is gone`);
  const until = performance.now() + healWithinMs;
  for (;;) {
    const account = await heal(watched);
    if (account === 'busy') tell('guard: another process works on the cluster; waiting');
    else if (account?.result === 'done' || account === undefined || performance.now() > until) return account;
    await setTimeout(healAgainMs);
  }
};

/** The start phase has begun, or the stop was undone by its own hook: this guard is not needed. */
export const isSettled = async (path: string): Promise<boolean> => {
  const record = await readRecord(path);
  const ended = record?.entries.some(entry => entry.type === 'end') === true;
  return ended && record !== undefined && whatIsHalfDone(record) !== 'stopped';
};

const heal = async ({cluster, tell, recordPath}: Watched): Promise<PhaseAccount | undefined | 'busy'> => {
  const parties = await Parties.load(cluster);
  try {
    return await recoverCluster({
      cluster,
      parties,
      tell,
      deadline: performance.now() + cluster.hookTimeoutMs,
      states: ['stopped'],
      isOurs: async record => record.path === recordPath || !(await isWatched(record)),
      faultPoint: noFaults,
    });
  } catch (error) {
    if (error instanceof ClusterLocked) return 'busy';
    throw error;
  } finally {
    parties.close();
  }
};

/** A later stop has taken over: its own guard watches the MHA that it was made for, and that may be alive. */
const isWatched = async ({entries}: FailoverRecord): Promise<boolean> => {
  const guard = entries.findLast(entry => entry.type === 'guard');
  return guard !== undefined && isRunning(guard);
};
