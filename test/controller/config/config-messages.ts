import {ConfigInvalid} from '../../../controller/config/config-invalid.ts';
import {loadClusters} from '../../../controller/config/load-clusters.ts';

/** What loading this directory complains of, a line each, with the files' names only. */
export const messages = (directory: string): readonly string[] => {
  const {problems} = loadClusters(directory);
  return new ConfigInvalid(problems).message.replaceAll(`${directory}/`, '').split('\n');
};
