import {canonicalAddress} from './address.ts';
import type {ClusterConfig, HostConfig} from './cluster-config.ts';
import {ConfigInvalid, describeProblem} from './config-invalid.ts';
import type {ConfigFile, LoadedClusters} from './load-clusters.ts';
import {instanceText, parseSectionName} from './section-name.ts';

/** An instance as MHA names it. */
export interface WantedInstance {
  readonly host: string;
  readonly ip?: string | undefined;
  readonly port: number;
}

export interface FoundCluster {
  readonly cluster: ClusterConfig;
  /** The section that was found, with the port that MHA gave. */
  readonly host: HostConfig;
  /** What is wrong elsewhere in the directory, for people: it does not concern this cluster. */
  readonly notes: readonly string[];
}

/**
 * The one cluster that has the instance: by host and port, then by host, then by IP. Throws `ConfigInvalid` when none
 * or several have it, or when a file with problems may be the one that names it; it lists what was looked at.
 */
export const findCluster = (loaded: LoadedClusters, wanted: WantedInstance): FoundCluster => {
  const matches = findMatches(loaded.clusters, wanted);
  const suspects = loaded.files.filter(({cluster, sections}) => cluster === undefined && mayName(sections, wanted));
  const [found, ...more] = matches;
  if (found === undefined || more.length > 0 || suspects.length > 0)
    throw new ConfigInvalid([
      {file: loaded.directory, message: explain({loaded, wanted, matches, suspects})},
      ...(found === undefined ? loaded.problems : suspects.flatMap(({problems}) => problems)),
    ]);
  return {
    cluster: found.cluster,
    host: {...found.host, port: wanted.port},
    notes: loaded.problems.map(describeProblem),
  };
};

/** The section of another instance of a cluster that is already found. Throws `ConfigInvalid` when it has none. */
export const findHost = (cluster: ClusterConfig, wanted: WantedInstance): HostConfig =>
  findCluster({directory: cluster.file, files: [], clusters: [cluster], problems: []}, wanted).host;

interface Match {
  readonly cluster: ClusterConfig;
  readonly host: HostConfig;
}

/** A section that names another port is another instance, however well its host fits. */
const findMatches = (clusters: readonly ClusterConfig[], wanted: WantedInstance): readonly Match[] => {
  const candidates = clusters
    .flatMap(cluster => cluster.hosts.map(host => ({cluster, host})))
    .filter(({host}) => !host.portIsExplicit || host.port === wanted.port);
  const byHost = candidates.filter(({host}) => isSameHost(host.name, wanted.host));
  const addresses = addressesOf(wanted);
  const byAddress = candidates.filter(({host}) =>
    [canonicalAddress(host.name), host.ip].some(address => address !== undefined && addresses.includes(address)),
  );
  const hasPort = ({host}: Match) => host.port === wanted.port;
  const rounds = [byHost.filter(hasPort), byHost, byAddress.filter(hasPort), byAddress];
  return rounds.find(round => round.length > 0) ?? [];
};

const mayName = (sections: readonly string[], wanted: WantedInstance): boolean =>
  sections.some(section => {
    const {name, port, portIsExplicit} = parseSectionName(section) ?? {name: section, port: 0, portIsExplicit: false};
    if (portIsExplicit && port !== wanted.port) return false;
    return isSameHost(name, wanted.host) || addressesOf(wanted).includes(name);
  });

/** Host names know no case, addresses many spellings. */
const isSameHost = (one: string, other: string): boolean =>
  one.toLowerCase() === other.toLowerCase() || one === canonicalAddress(other);

const addressesOf = ({host, ip}: WantedInstance): readonly string[] =>
  [host, ip].flatMap(text => canonicalAddress(text ?? '') ?? []);

const explain = (search: {
  loaded: LoadedClusters;
  wanted: WantedInstance;
  matches: readonly Match[];
  suspects: readonly ConfigFile[];
}): string => {
  const {loaded, wanted, matches, suspects} = search;
  const instance = `${instanceText({name: wanted.host, port: wanted.port})}${wanted.ip ? ` (${wanted.ip})` : ''}`;
  const places = matches.map(({cluster, host}) => `${cluster.file} [${host.name}]`);
  if (places.length > 1) return `several clusters have ${instance}: ${places.join(', ')}; keep it in one`;
  if (suspects.length > 0) return `${instance} is named in a file with problems: ${suspects.map(({file}) => file)}`;
  const looked = loaded.files.map(({file, sections}) => `${file} ${sections.map(name => `[${name}]`).join(' ')}`);
  return `no cluster has ${instance}; looked at ${looked.join(', ') || 'no file'}; write a section for it`;
};
