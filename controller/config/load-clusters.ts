import {readdirSync, readFileSync} from 'node:fs';
import {basename, join} from 'node:path';
import {getSystemErrorMap} from 'node:util';
import type {CloudEnvironment, ClusterConfig} from './cluster-config.ts';
import {compileCluster} from './compile-cluster.ts';
import {ConfigInvalid, type Problem} from './config-invalid.ts';
import {type IniSection, readIni} from './read-ini.ts';
import {readSection} from './read-section.ts';
import {reportRivals} from './report-rivals.ts';
import {isDefaultSection} from './section-name.ts';

/** One file of the directory. Either it has a cluster, or it has problems. */
export interface ConfigFile {
  readonly file: string;
  /** Host sections as written; empty when the file could not be read. */
  readonly sections: readonly string[];
  readonly cluster: ClusterConfig | undefined;
  readonly problems: readonly Problem[];
}

/** All that a directory says. A broken file takes nothing from the clusters of the others. */
export interface LoadedClusters {
  readonly directory: string;
  readonly files: readonly ConfigFile[];
  readonly clusters: readonly ClusterConfig[];
  /** Of all files, and between them. Empty: the whole directory is in order. */
  readonly problems: readonly Problem[];
}

/** Every cluster of the directory, or a `ConfigInvalid` with all problems of all files. */
export const readClusters = async (directory: string): Promise<readonly ClusterConfig[]> => {
  const {clusters, problems} = loadClusters(directory);
  if (problems.length > 0) throw new ConfigInvalid(problems);
  return clusters;
};

/**
 * Reads `*.conf` of the directory. Does not throw: a hook at three in the morning goes on with its own cluster
 * while another cluster's file is broken. The environment is kept for providers that have credentials in it. Synchronous, since a hook has nothing else to do meanwhile.
 */
export const loadClusters = (directory: string, environment?: CloudEnvironment): LoadedClusters => {
  const {names, problem} = listFiles(directory);
  const files = names.map(name => loadFile(join(directory, name), environment));
  const clusters = files.flatMap(({cluster}) => cluster ?? []);
  const problems = files.flatMap(file => file.problems);
  return {
    directory,
    files,
    clusters,
    problems: [...(problem === undefined ? [] : [problem]), ...problems, ...reportRivals(clusters)],
  };
};

const listFiles = (directory: string): {names: readonly string[]; problem?: Problem} => {
  try {
    const names = readdirSync(directory).filter(name => name.endsWith('.conf') && !name.startsWith('.'));
    if (names.length > 0) return {names: names.sort()};
    return {names, problem: {file: directory, message: 'has no *.conf; write one file per cluster'}};
  } catch (error) {
    return {names: [], problem: {file: directory, message: `cannot be read: ${systemReason(error)}`}};
  }
};

const loadFile = (file: string, environment: CloudEnvironment | undefined): ConfigFile => {
  const problems: Problem[] = [];
  const report = (problem: Omit<Problem, 'file'>) => problems.push({file, ...problem});
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    report({message: `cannot be read: ${systemReason(error)}`});
    return {file, sections: [], cluster: undefined, problems};
  }
  const ini = readIni(text);
  ini.problems.forEach(report);
  const sections = withoutRepeats(ini.sections, report).map(section => readSection(section, report));
  const nothing = {name: 'default', line: 1, values: {}, entries: new Map()};
  const common = sections.find(({name}) => isDefaultSection(name)) ?? nothing;
  const hosts = sections.filter(({name}) => !isDefaultSection(name));
  const cluster = compileCluster({name: basename(file, '.conf'), file, common, sections: hosts, environment}, report);
  problems.sort((one, other) => (one.line ?? 0) - (other.line ?? 0));
  return {
    file,
    sections: hosts.map(({name}) => name),
    cluster: problems.length === 0 ? cluster : undefined,
    problems,
  };
};

const withoutRepeats = (
  sections: readonly IniSection[],
  report: (problem: Omit<Problem, 'file'>) => void,
): readonly IniSection[] => {
  const first = new Map<string, IniSection>();
  for (const section of sections) {
    const name = section.name.toLowerCase();
    const before = first.get(name);
    if (before === undefined) first.set(name, section);
    else report({section: section.name, line: section.line, message: `already in line ${before.line}; write it once`});
  }
  return [...first.values()];
};

/** `permission denied` rather than a stack trace or a bare EACCES. */
const systemReason = (error: unknown): string => {
  const errno = error instanceof Error && 'errno' in error ? Number(error.errno) : Number.NaN;
  return getSystemErrorMap().get(errno)?.[1] ?? String(error);
};
