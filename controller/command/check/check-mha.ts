import {constants} from 'node:fs';
import {access} from 'node:fs/promises';
import {basename, isAbsolute} from 'node:path';
import type {ClusterConfig, HostConfig} from '../../config/cluster-config.ts';
import {findHost} from '../../config/find-cluster.ts';
import {instanceText} from '../../config/section-name.ts';
import {type Finding, fail, note, ok} from './finding.ts';
import type {MhaConfig, MhaServer} from './mha-config.ts';

/** MHA's files that name a host of this cluster. */
export const concernsCluster = (cluster: ClusterConfig, {servers}: MhaConfig): boolean =>
  servers.some(server => sectionOf(cluster, server) !== undefined);

/** Does MHA call our hooks, and does it know the same hosts as we do? */
export const checkMha = async (cluster: ClusterConfig, config: MhaConfig): Promise<readonly Finding[]> => [
  ...(await Promise.all(hooks.map(hook => checkHook(config, hook)))),
  ...checkHosts(cluster, config),
];

/** Instances of the cluster that MHA never makes master, as `host:port`. */
export const neverMasters = (cluster: ClusterConfig, {servers}: MhaConfig): readonly string[] =>
  servers
    .filter(({noMaster}) => noMaster)
    .flatMap(server => sectionOf(cluster, server) ?? [])
    .map(({name, port}) => `${name}:${port}`);

interface Hook {
  readonly key: string;
  readonly command: string;
  /** What happens without it. */
  readonly without: string;
  readonly isOptional?: true;
}

const hooks: readonly Hook[] = [
  {
    key: 'master_ip_online_change_script',
    command: 'master_ip_online_failover_helper',
    without: 'an online switch moves no VIP and drains nobody',
  },
  {
    key: 'master_ip_failover_script',
    command: 'master_ip_hard_failover_helper',
    without: 'a failover moves no VIP',
  },
  {key: 'report_script', command: 'master_failover_report', without: 'no mail after a failover', isOptional: true},
];

const checkHook = async ({file, defaults}: MhaConfig, {key, command, without, isOptional}: Hook): Promise<Finding> => {
  const written = defaults.get(key);
  const advice = `write in [server default]: ${key} = /usr/bin/${command}`;
  if (written === undefined || written === '')
    return (isOptional === true ? note : fail)(`${file}: ${key} is not set: ${without}`, advice);
  const program = written.split(/\s+/).find(word => basename(word) === command);
  if (program === undefined) return fail(`${file}: ${key} does not run ${command}: ${without}`, advice);
  if (!isAbsolute(program) || (await canRun(program))) return ok(`${file}: ${key} runs ${command}`);
  return fail(`${file}: ${key} names ${program}, which is not there or not executable`, advice);
};

const canRun = (program: string): Promise<boolean> =>
  access(program, constants.X_OK).then(
    () => true,
    () => false,
  );

const checkHosts = (cluster: ClusterConfig, {file, servers}: MhaConfig): readonly Finding[] => {
  const known = new Set(servers.map(server => sectionOf(cluster, server)));
  const missing = cluster.hosts.filter(host => !known.has(host));
  const findings = [
    ...servers.flatMap(server => checkServer(cluster, file, server)),
    ...missing.map(host => note(`${file} does not name ${instanceText(host)}, which ${cluster.file} has`)),
  ];
  return findings.length > 0 ? findings : [ok(`${file}: the same ${servers.length} hosts as in ${cluster.file}`)];
};

const checkServer = (cluster: ClusterConfig, file: string, server: MhaServer): readonly Finding[] => {
  const place = `${file} [${server.section}]`;
  const written = instanceText({name: server.host, port: server.port});
  const section = sectionOf(cluster, server);
  if (section === undefined)
    return [
      fail(
        `${place}: ${written} is no host of ${cluster.name}`,
        `add a section for it to ${cluster.file}: without it our hooks refuse to move writes there`,
      ),
    ];
  if (section.port === server.port) return [];
  return [
    fail(
      `${place}: MHA means port ${server.port} of ${section.name}, ${cluster.file} means ${section.port}`,
      `call the section there [${instanceText({name: section.name, port: server.port})}]`,
    ),
  ];
};

/** The cluster's own section for a server of MHA's; undefined: it has none, or several that fit. */
export const sectionOf = (cluster: ClusterConfig, {host, ip, port}: MhaServer): HostConfig | undefined => {
  try {
    const found = findHost(cluster, {host, ip, port});
    return cluster.hosts.find(own => own.name === found.name && (own.port === found.port || !own.portIsExplicit));
  } catch {
    return undefined; // none, or several: either way our hook could not tell which is meant
  }
};
