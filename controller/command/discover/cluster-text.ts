import type {ClusterConfig} from '../../config/cluster-config.ts';
import {findHost} from '../../config/find-cluster.ts';
import {instanceText} from '../../config/section-name.ts';
import type {FoundInstance} from './find-topology.ts';

/** The writer addresses of the master's agent, and who carries them where. */
export interface FoundVips {
  readonly cidrs: readonly string[];
  /** Of this host; undefined: its agent may carry none of them. */
  readonly interfaceOf: (instance: FoundInstance) => string | undefined;
}

/** What agents may carry: of the one that does not replicate, or of all where no one stands out. */
export const findVips = (instances: readonly FoundInstance[]): FoundVips => {
  const masters = instances.filter(({status}) => status.replication === undefined);
  const asked = masters.length === 1 ? masters : instances;
  const cidrs = [...new Set(asked.flatMap(({report}) => report.vips.map(({cidr}) => cidr)))].sort();
  return {
    cidrs,
    interfaceOf: ({report}) => report.vips.find(({cidr}) => cidrs.includes(cidr))?.interface,
  };
};

/** A cluster file for these instances, from nothing. */
export const newClusterText = (instances: readonly FoundInstance[], vips: FoundVips): string => {
  const interfaces = instances.map(vips.interfaceOf).filter(name => name !== undefined);
  const common = mostFrequent(interfaces);
  const vip =
    vips.cidrs.length === 0
      ? ['vip_type = none']
      : ['vip_type = metal', `writer_vip_cidr = ${vips.cidrs.join(', ')}`, `cluster_interface = ${common}`];
  const head = ['# Found by mha-helper discover. Every key stands in the README.', '[default]', ...vip];
  return [head, ...instances.map(one => sectionLines(one, {vips, common}))]
    .map(lines => `${lines.join('\n')}\n`)
    .join('\n');
};

/** Sections for the instances that the cluster does not have yet; undefined: it has them all. */
export const missingSections = (
  cluster: ClusterConfig,
  instances: readonly FoundInstance[],
  vips: FoundVips,
): string | undefined => {
  const missing = instances.filter(one => !isKnown(cluster, one));
  if (missing.length === 0) return undefined;
  // What [default] says is on those hosts that do not say otherwise: mostly, on most.
  const common = mostFrequent(cluster.hosts.map(host => host.clusterInterface).filter(name => name !== undefined));
  return missing.map(one => `${sectionLines(one, {vips, common}).join('\n')}\n`).join('\n');
};

/** Sections of the cluster that nobody was found for. */
export const strangersIn = (cluster: ClusterConfig, instances: readonly FoundInstance[]): readonly string[] =>
  cluster.hosts
    .filter(host => !instances.some(one => one.port === host.port && (one.host === host.name || one.ip === host.ip)))
    .map(instanceText);

export const isKnown = (cluster: ClusterConfig, {host, ip, port}: FoundInstance): boolean => {
  try {
    const found = findHost(cluster, {host, ip, port});
    return found.portIsExplicit || cluster.hosts.some(own => own.name === found.name && own.port === port);
  } catch {
    return false; // none, or several: then our hooks could not tell either
  }
};

const sectionLines = (
  instance: FoundInstance,
  {vips, common}: {readonly vips: FoundVips; readonly common: string | undefined},
): readonly string[] => {
  const {host, ip, port, agentPort} = instance;
  const own = vips.interfaceOf(instance);
  return [
    `[${port === 3306 ? host : instanceText({name: host, port})}]`,
    ...(ip === host ? [] : [`ip = ${ip}`]),
    ...(agentPort === 7306 ? [] : [`agent_port = ${agentPort}`]),
    ...(own === undefined || own === common ? [] : [`cluster_interface = ${own}`]),
  ];
};

const mostFrequent = (names: readonly string[]): string | undefined => {
  const count = (name: string): number => names.filter(one => one === name).length;
  return names.toSorted((one, other) => count(other) - count(one))[0];
};
