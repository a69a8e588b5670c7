import type {ClusterConfig, HostConfig} from '../../config/cluster-config.ts';
import {concernsCluster, sectionOf} from '../check/check-mha.ts';
import {findMhaFiles} from '../check/find-mha-files.ts';
import type {MhaConfig, MhaServer} from '../check/mha-config.ts';
import {CommandMisused} from '../command-misused.ts';

/** The one application file of MHA that names hosts of this cluster. Throws `CommandMisused` when there is none, or several. */
export const findMhaConfig = async (
  cluster: ClusterConfig,
  given: string | undefined,
  configDirectory: string,
): Promise<MhaConfig> => {
  const {configs, unreadable, lookedIn} = await findMhaFiles(
    given === undefined ? undefined : [given],
    configDirectory,
  );
  const [found, ...more] = configs.filter(config => concernsCluster(cluster, config));
  if (found !== undefined && more.length === 0) return found;
  if (found !== undefined)
    throw new CommandMisused(
      `several application files of MHA name hosts of ${cluster.name}: ${[found, ...more].map(({file}) => file).join(', ')}`,
      'say which: --mha-conf FILE',
    );
  const unread = unreadable.map(({file, reason}) => `\n${file} cannot be read: ${reason}`).join('');
  throw new CommandMisused(
    `no application file of MHA names a host of ${cluster.name}; looked at ${lookedIn}${unread}`,
    'say where it is: --mha-conf FILE',
  );
};

/** How MHA calls this instance; undefined: it does not know it. */
export const serverOf = (cluster: ClusterConfig, {servers}: MhaConfig, host: HostConfig): MhaServer | undefined =>
  servers.find(server => sectionOf(cluster, server) === host);
