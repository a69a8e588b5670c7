import {agentPort} from './agents.ts';
import type {Lab} from './lab.ts';
import {listensOn} from './sockets.ts';
import {type DbHost, dbHosts} from './topology.ts';

/** One line per server, for a person. */
export const describeLab = async (lab: Omit<Lab, 'dispose'>): Promise<string> => {
  const holders = await lab.vipHolders();
  const lines = await Promise.all(
    dbHosts.map(async host => {
      const agent = (await listensOn(lab.pidOf(host), agentPort)) ? 'agent' : 'no agent';
      const vip = holders.includes(host) ? 'VIP' : '';
      return [host, await describeServer(lab, host), agent, vip].join('\t').trimEnd();
    }),
  );
  return `${lines.join('\n')}\n`;
};

const describeServer = async (lab: Omit<Lab, 'dispose'>, host: DbHost): Promise<string> => {
  try {
    const [variables] = await lab.sql(host, 'SELECT @@read_only AS read_only', {timeoutMs: 1000});
    const mode = Number(variables?.read_only) === 0 ? 'writable' : 'read-only';
    const replica = await lab.replicaStatus(host);
    if (replica === undefined) return `${mode}\tno replica`;
    const threads = `io ${replica.Slave_IO_Running}, sql ${replica.Slave_SQL_Running}`;
    return `${mode}\treplica of ${replica.Master_Host} (${threads})`;
  } catch (error) {
    return `mysqld does not answer: ${error instanceof Error ? error.message : error}`;
  }
};
