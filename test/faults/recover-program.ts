import {join} from 'node:path';
import {repository} from '../lab/namespaces.ts';

/** What `mha-helper recover lab --yes` does, in a process of its own on the manager. */
export const recoverProgram = (): readonly string[] => [process.execPath, '--input-type=module', '-e', program];

const dist = (path: string): string => JSON.stringify(join(repository, 'dist/controller', path));

const program = `
import {loadClusters} from ${dist('config/load-clusters.js')};
import {Parties} from ${dist('failover/parties.js')};
import {recoverCluster} from ${dist('failover/recover.js')};
const cluster = loadClusters('/etc/mha-helper').clusters.find(({name}) => name === 'lab');
const parties = await Parties.load(cluster);
const account = await recoverCluster({
  cluster, parties, tell: line => console.log(line), deadline: performance.now() + cluster.hookTimeoutMs,
  states: ['stopped', 'starting'], faultPoint: () => {},
});
process.exit(account === undefined || account.result === 'done' ? 0 : 1);
`;
