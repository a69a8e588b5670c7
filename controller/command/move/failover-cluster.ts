import type {ClusterConfig, HostConfig} from '../../config/cluster-config.ts';
import {loadClusters} from '../../config/load-clusters.ts';
import {nameOf} from '../../failover/move.ts';
import {Parties} from '../../failover/parties.ts';
import type {MhaConfig, MhaServer} from '../check/mha-config.ts';
import {chooseCluster} from '../choose-clusters.ts';
import {CommandMisused} from '../command-misused.ts';
import type {CommandEnvironment} from '../environment.ts';
import {findInstance} from './find-instance.ts';
import {findMhaConfig, serverOf} from './find-mha-config.ts';
import {moveJson} from './move-json.ts';
import {runMove} from './run-move.ts';
import {beside} from './switch-cluster.ts';
import type {InterruptWords} from './watch-mha.ts';

export interface FailoverOptions {
  readonly cluster: string;
  readonly dead: string;
  /** The new master; undefined: MHA chooses. */
  readonly to: string | undefined;
  readonly mhaConf: string | undefined;
  readonly json: boolean;
}

/** Replaces a dead master with MHA, which looks itself whether it is dead. Exit codes: `moveExitCodes`, and 2. */
export const failoverCluster = async (
  {dead, to, mhaConf, json, ...options}: FailoverOptions,
  environment: CommandEnvironment,
): Promise<number> => {
  const {configDirectory, cloudEnvironment} = environment;
  const cluster = chooseCluster(loadClusters(configDirectory, cloudEnvironment), options.cluster);
  const mha = await findMhaConfig(cluster, mhaConf, configDirectory);
  const parties = await Parties.load(cluster);
  const find = (name: string): MhaServer => knownToMha(findInstance(parties, name, cluster).config, cluster, mha);
  const [old, target] = [find(dead), to === undefined ? undefined : find(to)];
  const finished = await runMove(
    {
      cluster,
      title: `${cluster.name}: replacing the dead master ${dead}`,
      words: wordsFor(dead),
      args: [...argsFor(mha, old), ...(target === undefined ? [] : newMaster(target))],
    },
    json ? beside(environment) : environment,
  );
  if (json) environment.tell(JSON.stringify(moveJson(finished)));
  return finished.exitCode;
};

const argsFor = ({file}: MhaConfig, old: MhaServer): readonly string[] => [
  `--conf=${file}`,
  '--master_state=dead',
  `--dead_master_host=${old.host}`,
  `--dead_master_port=${old.port}`,
  ...(old.ip === undefined ? [] : [`--dead_master_ip=${old.ip}`]),
  '--interactive=0',
  '--ignore_last_failover',
];

const newMaster = ({host, port}: MhaServer): readonly string[] => [
  `--new_master_host=${host}`,
  `--new_master_port=${port}`,
];

const knownToMha = (host: HostConfig, cluster: ClusterConfig, mha: MhaConfig): MhaServer => {
  const server = serverOf(cluster, mha, host);
  if (server !== undefined) return server;
  throw new CommandMisused(
    `${mha.file} does not name ${nameOf({config: host})}: MHA would not know it`,
    `mha-helper check ${cluster.name} compares both files`,
  );
};

/** There is nothing to go back to once the VIP has been taken from a dead master. */
const wordsFor = (dead: string): InterruptWords => ({
  tooLateFrom: 'stop',
  tooLate: `Ctrl-C: too late, ${dead} is being cut off, and without a new master nobody can write. MHA finishes; once more leaves it alone.`,
  nothingYet: 'Ctrl-C: MHA is stopped; nothing was changed yet.',
  undo: '',
});
