import {readFile} from 'node:fs/promises';
import {clientCredentials} from '../../agents/credentials.ts';
import type {ClusterConfig} from '../../config/cluster-config.ts';
import {keys} from '../../config/keys.ts';
import {type LoadedClusters, loadClusters} from '../../config/load-clusters.ts';
import {chooseCluster, clusterOf} from '../choose-clusters.ts';
import {CommandMisused} from '../command-misused.ts';
import type {CommandEnvironment} from '../environment.ts';
import {isKnown} from './cluster-text.ts';
import {writeChange} from './file-change.ts';
import {type FoundInstance, findTopology, type Seed} from './find-topology.ts';
import {planChanges} from './plan-changes.ts';
import {type Discovery, discoveryJson, renderDiscovery} from './render-discovery.ts';

export interface DiscoverOptions {
  /** Hosts to begin with, with commas: `db1`, `db1:3307`. */
  readonly from: string;
  /** Undefined: the cluster that has one of the instances. */
  readonly cluster: string | undefined;
  readonly mhaConf: string | undefined;
  readonly agentPort: string | undefined;
  /** Change files that exist; without it only new ones are written. */
  readonly write: boolean;
  readonly json: boolean;
}

/** What `mha-helper discover` exits with beside 2. */
const exitCodes = {
  /** Both files have what was found. */
  same: 0,
  /** A file that exists lacks something, or somebody could not be asked. */
  differs: 1,
} as const;

/** Asks agents for the topology, and makes both configurations name it. */
export const discover = async (options: DiscoverOptions, environment: CommandEnvironment): Promise<number> => {
  const {configDirectory, cloudEnvironment, tell, terminal} = environment;
  const loaded = loadClusters(configDirectory, cloudEnvironment);
  const named = options.cluster === undefined ? undefined : existing(loaded, options.cluster);
  const credentials = await clientCredentials(named?.tls ?? loaded.clusters[0]?.tls ?? usualTls());
  const topology = await findTopology(parseSeeds(options.from), parsePort(options.agentPort), credentials);
  const cluster = named ?? guessCluster(loaded, topology.instances, options.cluster);
  const name = cluster?.name ?? options.cluster ?? '';
  const siteDefaults = await readFile('/etc/masterha_default.cnf', 'utf8').catch(() => undefined); // few sites have one
  const planned = await planChanges({topology, cluster, name, options, environment, siteDefaults});
  const isWritten = ({before, after}: {before: string | undefined; after: string}): boolean =>
    before !== after && (before === undefined || options.write);
  for (const change of planned.changes.filter(isWritten)) await writeChange(change);
  const discovery: Discovery = {...planned, name, topology, isWritten};
  if (options.json) tell(JSON.stringify(discoveryJson(discovery)));
  else for (const line of renderDiscovery(discovery, terminal)) tell(line);
  const isOpen = planned.changes.some(change => change.before !== change.after && !isWritten(change));
  return isOpen || topology.gaps.length > 0 ? exitCodes.differs : exitCodes.same;
};

/** Its file may not be there yet; one with problems is told at once. */
const existing = (loaded: LoadedClusters, name: string): ClusterConfig | undefined => {
  if (!/^[\w.-]+$/.test(name))
    throw new CommandMisused(`--cluster ${JSON.stringify(name)} is no name of a file`, 'use letters, digits, _ and -');
  return loaded.files.some(({file}) => clusterOf(file) === name) ? chooseCluster(loaded, name) : undefined;
};

const guessCluster = (
  {clusters}: LoadedClusters,
  instances: readonly FoundInstance[],
  name: string | undefined,
): ClusterConfig | undefined => {
  if (name !== undefined) return undefined;
  const [found, ...more] = clusters.filter(cluster => instances.some(one => isKnown(cluster, one)));
  if (found !== undefined && more.length === 0) return found;
  throw new CommandMisused(
    found === undefined
      ? 'no cluster file names any of these hosts yet'
      : `several clusters name these hosts: ${[found, ...more].map(cluster => cluster.name).join(', ')}`,
    'say how the cluster is called: --cluster NAME',
  );
};

const usualTls = () => ({
  ca: keys.tls_ca.default,
  certificate: keys.tls_cert.default,
  key: keys.tls_key.default,
  crl: keys.tls_crl.default,
});

const parseSeeds = (from: string): readonly Seed[] =>
  from.split(',').map(text => {
    const [, address = '', port] = /^\s*(\[[^\]]+\]|[^:\s]+|[^\s]*:[^\s]*:[^\s]*?)(?::(\d{1,5}))?\s*$/.exec(text) ?? [];
    if (address === '')
      throw new CommandMisused(`--from ${JSON.stringify(from)} names no host`, 'write hosts with commas: db1,db2:3307');
    return {address: address.replace(/^\[|\]$/g, ''), port: port === undefined ? undefined : Number(port)};
  });

const parsePort = (text: string | undefined): number => {
  const port = Number(text ?? keys.agent_port.default);
  if (Number.isInteger(port) && port > 0 && port < 65_536) return port;
  throw new CommandMisused(`--agent-port ${JSON.stringify(text)} is no port`, 'write 1 to 65535');
};
