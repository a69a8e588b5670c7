import {setTimeout} from 'node:timers/promises';
import {noFaults} from '../../proto/fault-points.ts';
import type {ClusterConfig} from '../config/cluster-config.ts';
import {whatIsHalfDone} from '../failover/half-done.ts';
import {Parties} from '../failover/parties.ts';
import {recoverCluster} from '../failover/recover.ts';
import type {PhaseAccount} from '../failover/run-plan.ts';
import type {ProcessIdentity} from '../record/entry.ts';
import {fromStateDir, StateDirSilent} from '../record/from-state-dir.ts';
import {ClusterLocked} from '../record/lock.ts';
import {identifyProcess, isRunning} from '../record/process-stat.ts';
import {appendEntry, type FailoverRecord, readRecord} from '../record/record-file.ts';

/** How often the guard looks whether MHA lives. Writes are back within five seconds after it is gone. */
const lookMs = 200;
/** How long the guard goes on trying to heal once MHA is gone. */
const healWithinMs = 300_000;
const healAgainMs = 1000;

export interface Watched {
  readonly cluster: ClusterConfig;
  readonly recordPath: string;
  readonly mha: ProcessIdentity;
  /** An earlier guard of the same stop found that the state directory hangs. */
  readonly isAgain: boolean;
  readonly tell: (line: string) => void;
}

/**
 * Waits until MHA is gone, then takes back its stop phase unless the start phase has begun. Returns the account of
 * the healing, or undefined when there was nothing to heal. Throws StateDirSilent: another process must go on; anything else
 * is tried again, for as long as it goes on trying.
 */
export const watch = async (given: Watched): Promise<PhaseAccount | undefined> => {
  const watched = {...given, tell: onceEach(given.tell)};
  const {mha, tell} = watched;
  if (watched.isAgain) await orLater(watched, () => succeedGuard(watched));
  while (isRunning(mha)) {
    if ((await orLater(watched, () => isSettled(watched.recordPath))) === true) return undefined;
    await setTimeout(lookMs);
  }
  // A stop that its own hook has undone is not touched: whoever switches again at once must find the cluster free.
  if ((await orLater(watched, () => isSettled(watched.recordPath))) === true) return undefined;
  tell(`guard: MHA (process ${mha.pid}) is gone`);
  const until = performance.now() + healWithinMs;
  for (;;) {
    const isLast = performance.now() > until;
    const account = await (isLast ? heal(watched) : orLater(watched, () => heal(watched)));
    if (account === 'busy') tell('guard: another process works on the cluster; waiting');
    else if (account !== 'failed' && (account?.result === 'done' || account === undefined || isLast)) return account;
    await setTimeout(healAgainMs);
  }
};

/** What a disk or a configuration refuses now it may allow in a second, and nobody else gives writes back. */
const orLater = async <T>({tell}: Watched, act: () => Promise<T>): Promise<T | 'failed'> => {
  try {
    return await act();
  } catch (error) {
    if (error instanceof StateDirSilent) throw error;
    tell(`guard: ${(error as Error).message}; trying again`);
    return 'failed';
  }
};

const onceEach = (tell: (line: string) => void): ((line: string) => void) => {
  let last = '';
  return line => {
    if (line !== last) tell(line);
    last = line;
  };
};

/** The record names who watches, for other guards. One without a guard is of a stop that has changed nothing. */
const succeedGuard = async ({recordPath, mha, tell}: Watched): Promise<void> => {
  const record = await read(recordPath);
  tell('guard: the state directory answers again');
  if (record?.entries.some(entry => entry.type === 'guard') !== true) return;
  const entry = {type: 'guard', ...identifyProcess(process.pid), mha} as const;
  await fromStateDir(recordPath, () => appendEntry(recordPath, entry));
};

const read = (path: string): Promise<FailoverRecord | undefined> => fromStateDir(path, () => readRecord(path));

/** The start phase has begun, or the stop was undone by its own hook: this guard is not needed. */
export const isSettled = async (path: string): Promise<boolean> => {
  const record = await read(path);
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
