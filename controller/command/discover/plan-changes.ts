import {dirname, join, resolve} from 'node:path';
import type {ClusterConfig} from '../../config/cluster-config.ts';
import {findMhaFiles} from '../check/find-mha-files.ts';
import {parseMhaConfig} from '../check/mha-config.ts';
import {CommandMisused} from '../command-misused.ts';
import type {CommandEnvironment} from '../environment.ts';
import {findProgram} from '../switch/find-program.ts';
import {findVips, missingSections, newClusterText, strangersIn} from './cluster-text.ts';
import type {DiscoverOptions} from './discover.ts';
import {type FileChange, readIfThere, withSections} from './file-change.ts';
import type {FoundInstance, Topology} from './find-topology.ts';
import {type HookPaths, knowsInstance, missingAccounts, missingServers, newMhaText} from './mha-text.ts';

export interface Changes {
  readonly changes: readonly FileChange[];
  /** What no file can say, and what a person has to do. */
  readonly notes: readonly string[];
}

interface Wanted {
  readonly topology: Topology;
  /** Undefined: there is none of this name yet. */
  readonly cluster: ClusterConfig | undefined;
  readonly name: string;
  readonly options: Pick<DiscoverOptions, 'mhaConf'>;
  readonly environment: CommandEnvironment;
  /** Of /etc/masterha_default.cnf. */
  readonly siteDefaults: string | undefined;
}

/** Both files as they are and as they should be. Changes nothing. */
export const planChanges = async (wanted: Wanted): Promise<Changes> => {
  const {topology, cluster} = wanted;
  const own = await planCluster(wanted);
  const mha = await planMha(wanted);
  const strangers = cluster === undefined ? [] : strangersIn(cluster, topology.instances);
  return {
    changes: [own, mha.change],
    notes: [
      ...strangers.map(name => `${name} stands in ${cluster?.file} and was not found; nothing is ever removed`),
      ...sayTiers(topology.instances),
      ...mha.notes,
    ],
  };
};

const planCluster = async ({topology, cluster, name, environment}: Wanted): Promise<FileChange> => {
  const file = cluster?.file ?? join(environment.configDirectory, `${name}.conf`);
  const before = await readIfThere(file);
  const vips = findVips(topology.instances);
  const mode = 0o644;
  if (cluster === undefined || before === undefined)
    return {file, before, after: newClusterText(topology.instances, vips), mode};
  const sections = missingSections(cluster, topology.instances, vips);
  return {file, before, after: sections === undefined ? before : withSections(before, sections), mode};
};

const planMha = async (wanted: Wanted): Promise<{readonly change: FileChange; readonly notes: readonly string[]}> => {
  const {topology, name, environment, siteDefaults} = wanted;
  const {instances} = topology;
  const file = await findMhaFile(wanted);
  const before = await readIfThere(file);
  const mode = 0o600; // it will hold passwords
  const site = parseMhaConfig(file, '', siteDefaults).defaults;
  if (before === undefined) {
    const hooks = await findHooks(environment);
    const unset = missingAccounts(site);
    const notes = unset.length === 0 ? [] : [`fill in ${unset.join(', ')} in ${file}, then: mha-helper check ${name}`];
    return {change: {file, before, after: await newMhaText(instances, {hooks, siteDefaults: site}), mode}, notes};
  }
  const sections = await missingServers(parseMhaConfig(file, before, siteDefaults), instances);
  const after = sections === undefined ? before : withSections(before, sections);
  return {change: {file, before, after, mode}, notes: []};
};

/** The file given; else the one that names some of the instances; else a new one where MHA's files are. */
const findMhaFile = async ({topology, name, options, environment}: Wanted): Promise<string> => {
  if (options.mhaConf !== undefined) return resolve(options.mhaConf);
  const {configs} = await findMhaFiles(undefined, environment.configDirectory);
  const [found, ...more] = configs.filter(config => topology.instances.some(one => knowsInstance(config, one)));
  if (more.length > 0)
    throw new CommandMisused(
      `several application files of MHA name these hosts: ${[found, ...more].map(config => config?.file).join(', ')}`,
      'say which: --mha-conf FILE',
    );
  return found?.file ?? join(dirname(resolve(environment.configDirectory)), 'mha', `${name}.cnf`);
};

const findHooks = async ({programDirectories = []}: CommandEnvironment): Promise<HookPaths> => {
  const find = async (name: string): Promise<string> =>
    (await findProgram(name, programDirectories)) ?? `/usr/bin/${name}`;
  const [online, hard, report] = await Promise.all(
    ['master_ip_online_failover_helper', 'master_ip_hard_failover_helper', 'master_failover_report'].map(find),
  );
  return {online: online ?? '', hard: hard ?? '', report: report ?? ''};
};

/** MHA refuses replicas of replicas unless it is told of them. */
const sayTiers = (instances: readonly FoundInstance[]): readonly string[] => {
  const sources = new Set(instances.flatMap(({status}) => status.replication?.sourceServerId ?? []));
  const middle = instances.filter(({status}) => status.replication !== undefined && sources.has(status.serverId));
  return middle.length === 0
    ? []
    : [`${middle.map(one => one.host).join(', ')} is a replica and a source: MHA needs multi_tier_slave=1`];
};
