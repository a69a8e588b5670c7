import type {ClusterConfig} from '../config/cluster-config.ts';
import {findCluster, findHost} from '../config/find-cluster.ts';
import {loadClusters} from '../config/load-clusters.ts';
import type {Party} from '../failover/move.ts';
import {Parties} from '../failover/parties.ts';
import type {MhaInstance} from '../hook/parse-arguments.ts';
import type {HookEnvironment} from '../hook/run-hook.ts';
import type {ProcessIdentity} from '../record/entry.ts';
import {askWhenMhaActs} from './ask-ahead.ts';
import {fingerprintOf} from './fingerprint.ts';
import {listen} from './listen.ts';
import {serve} from './serve.ts';
import {untilNotNeeded} from './until-not-needed.ts';

/** What the hook of the stop phase hands over. */
export interface StarterInput {
  readonly configDirectory: string;
  readonly oldMaster: MhaInstance;
  readonly newMaster: MhaInstance;
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
  readonly newParty: Party;
  /** No file has changed that a hook would read now. */
  readonly isCurrent: () => boolean;
}

/**
 * The start phase of an online switch is write downtime from the first millisecond of its process on. So the stop phase
 * starts this process beside itself: it loads the program and connects to both agents, and waits for the hook that MHA
 * starts, does its work and tells it the exit code. One hook, then it ends; sooner when MHA or the switch is over.
 */
export const runStarter = async (input: StarterInput, means: StarterMeans): Promise<void> => {
  const prepared = await prepare(input, means);
  const askedAhead = askWhenMhaActs(prepared);
  const service = await listen(prepared, (socket, nonce) => serve(socket, {prepared, means, nonce, askedAhead}));
  await connectAgents(prepared);
  await untilNotNeeded(prepared, () => service.isBusy);
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
  const newParty = parties.of(findHost(cluster, newMaster), newMaster.ip);
  const isCurrent = (): boolean =>
    fingerprintOf(configDirectory, []) === before && fingerprintOf(configDirectory, files) === tls;
  return {...input, cluster, notes, parties, oldParty, newParty, isCurrent};
};

/** Connections are open and their TLS is done when the start comes. Whoever does not answer is found by its survey. */
const connectAgents = async ({oldParty, newParty}: Prepared): Promise<void> => {
  const ask = ({agent}: Party) => agent.getStatus({ports: [], cidrs: [], brief: true}, {deadlineMs: connectMs});
  await Promise.allSettled([...[oldParty, newParty].map(ask), newParty.agent.warmUp({deadlineMs: connectMs})]);
};

const connectMs = 5000;
