import type {ClusterConfig} from '../config/cluster-config.ts';
import {findCluster, findHost} from '../config/find-cluster.ts';
import {loadClusters} from '../config/load-clusters.ts';
import type {Party} from '../failover/move.ts';
import {Parties} from '../failover/parties.ts';
import type {MhaInstance} from '../hook/parse-arguments.ts';
import type {HookEnvironment, WantedStarter} from '../hook/run-hook.ts';
import type {ProcessIdentity} from '../record/entry.ts';
import {fromStateDir} from '../record/from-state-dir.ts';
import {isRunning} from '../record/process-stat.ts';
import {asking} from './ask-ahead.ts';
import {fingerprintOf} from './fingerprint.ts';
import {listen} from './listen.ts';
import {lookAhead} from './look-ahead.ts';
import {beginSeen, type SeenStart} from './seen-start.ts';
import {serve} from './serve.ts';
import {untilNotNeeded} from './until-not-needed.ts';
import {type SeenHook, watchMha} from './watch-mha.ts';

/** What the hook of the stop phase hands over. */
export interface StarterInput {
  readonly configDirectory: string;
  readonly hook: WantedStarter['hook'];
  /** What stands before its arguments when MHA runs it: interpreter, its options, the hook's file. */
  readonly command: readonly string[];
  readonly oldMaster: MhaInstance;
  /** Undefined in a failover: MHA says it with the start. */
  readonly newMaster: MhaInstance | undefined;
  /** The hook of the stop phase, and the MHA that runs it. */
  readonly stop: ProcessIdentity;
  readonly mha: ProcessIdentity;
}

export interface StarterMeans extends Pick<HookEnvironment, 'cloudEnvironment' | 'faultPoint' | 'startMetrics'> {
  /** Ends the process, whatever is under way. */
  readonly exit: (code: number) => never;
}

/** All that a start phase needs, loaded and connected before it is needed. */
export interface Prepared extends StarterInput {
  readonly cluster: ClusterConfig;
  /** What is wrong elsewhere in the configuration, for MHA's log. */
  readonly notes: readonly string[];
  readonly parties: Parties;
  readonly oldParty: Party;
  /** One of them becomes the new master. */
  readonly candidates: readonly Party[];
  readonly partyOf: (instance: MhaInstance) => Party;
  /** No file has changed that a hook would read now. */
  readonly isCurrent: () => boolean;
}

/**
 * A start phase is write downtime from the first millisecond of its process on. So the stop phase starts this process beside
 * itself: it loads the program and connects to the agents, sees the hook that MHA starts, does its work while that loads, and
 * tells it the exit code. One hook, then it ends; sooner when MHA or the switch is over.
 */
export const runStarter = async (input: StarterInput, means: StarterMeans): Promise<void> => {
  const prepared = await prepare(input, means);
  const start = {prepared, means, asking: asking(prepared)};
  let seen: SeenStart | undefined;
  const listening = () => listen(prepared, (socket, nonce) => serve(socket, {...start, nonce, seen}));
  const service = await fromStateDir(prepared.cluster.stateDir, listening);
  // One that has asked by itself is served already.
  const mayServe = (): boolean => seen === undefined && !service.isBusy;
  const onHook = async (hook: SeenHook): Promise<void> => {
    // One that would not find us, or not any more, would do it all again.
    if (service.isFound && (await service.isOffered()) && mayServe()) seen = beginSeen(hook, start);
  };
  watchMha(input.mha.pid, input.command, {onProcess: start.asking.begin, onHook: hook => void onHook(hook)});
  const isBusy = (): boolean => service.isBusy || (seen !== undefined && isRunning(seen.hook));
  if (input.newMaster === undefined) lookAhead(prepared, isBusy).catch(() => {}); // the start looks itself
  await connectAgents(prepared);
  await untilNotNeeded(prepared, {isBusy, isOffered: service.isOffered});
  await service.close();
};

const prepare = async (input: StarterInput, {cloudEnvironment}: StarterMeans): Promise<Prepared> => {
  const {configDirectory, oldMaster, newMaster} = input;
  const before = fingerprintOf(configDirectory, []);
  const {cluster, host, notes} = findCluster(loadClusters(configDirectory, cloudEnvironment), oldMaster);
  const {ca, certificate, key, crl} = cluster.tls;
  const files = [ca, certificate, key, ...(crl === undefined ? [] : [crl])];
  const tls = fingerprintOf(configDirectory, files);
  const parties = await Parties.load(cluster);
  const oldParty = parties.of(host, oldMaster.ip);
  const partyOf = (instance: MhaInstance): Party => parties.of(findHost(cluster, instance), instance.ip);
  const others = () => parties.all().filter(({config}) => config.name !== host.name);
  const candidates = newMaster === undefined ? others() : [partyOf(newMaster)];
  const isCurrent = (): boolean =>
    fingerprintOf(configDirectory, []) === before && fingerprintOf(configDirectory, files) === tls;
  return {...input, cluster, notes, parties, oldParty, candidates, partyOf, isCurrent};
};

/**
 * Connections are open and their TLS is done when the start comes, and a stream has been used once. Whoever does not answer
 * is found by its survey. The old master of a failover is asked nothing in its start.
 */
const connectAgents = async ({oldParty, newMaster, candidates}: Prepared): Promise<void> => {
  const ask = ({agent}: Party) => agent.getStatus({ports: [], cidrs: [], brief: true}, {deadlineMs: connectMs});
  const asked = newMaster === undefined ? candidates : [oldParty, ...candidates];
  const warm = candidates.map(({agent}) => agent.warmUp({deadlineMs: connectMs}));
  await Promise.allSettled([...asked.map(ask), ...warm]);
};

const connectMs = 5000;
