import {basename} from 'node:path';
import type {ClusterConfig} from '../config/cluster-config.ts';
import {ConfigInvalid} from '../config/config-invalid.ts';
import type {LoadedClusters} from '../config/load-clusters.ts';
import {CommandMisused} from './command-misused.ts';

/** The clusters that a command is about: the named one, or all that can be used. */
export const chooseClusters = (loaded: LoadedClusters, name: string | undefined): readonly ClusterConfig[] => {
  if (name !== undefined) return [chooseCluster(loaded, name)];
  if (loaded.files.length === 0) throw new ConfigInvalid(loaded.problems);
  return loaded.clusters;
};

/** Throws `ConfigInvalid` for a cluster whose file has problems, `CommandMisused` for one that is not there. */
export const chooseCluster = (loaded: LoadedClusters, name: string): ClusterConfig => {
  const found = loaded.clusters.find(cluster => cluster.name === name);
  if (found !== undefined) return found;
  const broken = loaded.files.find(file => clusterOf(file.file) === name);
  if (broken !== undefined) throw new ConfigInvalid(broken.problems);
  if (loaded.files.length === 0) throw new ConfigInvalid(loaded.problems);
  const known = loaded.files.map(({file}) => clusterOf(file)).join(', ');
  throw new CommandMisused(
    `there is no cluster ${JSON.stringify(name)}; known are: ${known}`,
    `a cluster is called like its file in ${loaded.directory}, without .conf`,
  );
};

/** Name of the cluster that a file describes. */
export const clusterOf = (file: string): string => basename(file, '.conf');
