import {noFaults} from '../../../proto/fault-points.ts';
import type {ClusterConfig} from '../../config/cluster-config.ts';
import {loadClusters} from '../../config/load-clusters.ts';
import {Parties} from '../../failover/parties.ts';
import {assessUnfinished, findUnfinished, recoverCluster, type Unfinished} from '../../failover/recover.ts';
import {writeMetrics} from '../../metrics/write-metrics.ts';
import {listRecords, readNewest} from '../../record/record-file.ts';
import {chooseCluster} from '../choose-clusters.ts';
import type {CommandEnvironment} from '../environment.ts';
import {findWhoIsAtWork} from '../history/at-work.ts';
import {type Prospect, recoverJson, renderProspect} from './prospect.ts';

export interface RecoverOptions {
  readonly cluster: string;
  /** Do it; without it nothing is changed. */
  readonly yes: boolean;
  /** Even if MHA or the guard is alive. */
  readonly force: boolean;
  readonly json: boolean;
}

/** Shows what the newest failover left half done; with `yes` undoes or finishes it. Exit code 1: something is half done. */
export const recover = async (options: RecoverOptions, environment: CommandEnvironment): Promise<number> => {
  const cluster = chooseCluster(
    loadClusters(environment.configDirectory, environment.cloudEnvironment),
    options.cluster,
  );
  const unfinished = await findUnfinished(cluster);
  if (unfinished === undefined) return tellNothing(cluster, options, environment);
  const parties = await Parties.load(cluster);
  try {
    return await recoverUnfinished(unfinished, {cluster, parties, options, environment});
  } finally {
    parties.close();
  }
};

interface Means {
  readonly cluster: ClusterConfig;
  readonly parties: Parties;
  readonly options: RecoverOptions;
  readonly environment: CommandEnvironment;
}

const recoverUnfinished = async (
  unfinished: Unfinished,
  {cluster, parties, options, environment}: Means,
): Promise<number> => {
  const {tell, complain, terminal} = environment;
  const [atWork, assessment] = await Promise.all([
    findWhoIsAtWork(cluster.stateDir, unfinished.record),
    assessUnfinished(unfinished, cluster, parties),
  ]);
  const prospect: Prospect = {unfinished, assessment, atWork, options};
  if (!options.json) for (const line of renderProspect(prospect, terminal)) tell(line);
  const isRefused = atWork.length > 0 && !options.force;
  if (!options.yes || isRefused) {
    if (options.json) tell(JSON.stringify(recoverJson(prospect, undefined)));
    return 1;
  }
  const account = await recoverCluster({
    cluster,
    parties,
    tell: options.json ? complain : tell,
    deadline: performance.now() + cluster.hookTimeoutMs,
    states: [unfinished.state],
    faultPoint: noFaults,
  });
  await writeMetrics(cluster, {tell: complain});
  if (options.json) tell(JSON.stringify(recoverJson(prospect, account ?? 'settled meanwhile')));
  else if (account === undefined) tell('somebody else settled it meanwhile; look at mha-helper status');
  return account === undefined || account.result === 'done' ? 0 : 1;
};

const tellNothing = async (
  cluster: ClusterConfig,
  {json}: RecoverOptions,
  {tell, complain}: CommandEnvironment,
): Promise<number> => {
  const {record} = await readNewest(cluster.stateDir, cluster.name);
  const [newest] = await listRecords(cluster.stateDir, cluster.name);
  if (record === undefined && newest !== undefined) {
    complain(`mha-helper recover: nobody can tell what is half done: ${newest} has no whole first line`);
    complain('  what the hosts themselves say: mha-helper status');
    return 1;
  }
  const which =
    record === undefined ? 'there has been no failover' : `failover ${record.head.id} left nothing half done`;
  if (json) tell(JSON.stringify({cluster: cluster.name, failover: record?.head.id ?? null, half_done: null}));
  else tell(`cluster ${cluster.name}: ${which}`);
  return 0;
};
