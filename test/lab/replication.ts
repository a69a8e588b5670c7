import assert from 'node:assert/strict';
import {accounts} from './accounts.ts';
import {datadirTemplate} from './datadir.ts';
import type {Hosts} from './hosts.ts';
import type {Network} from './network.ts';
import {poll} from './poll.ts';
import {mustRun} from './run.ts';
import type {Row, Servers} from './servers.ts';
import {addresses, type DbHost, dbHosts} from './topology.ts';

export interface Replication {
  /**
   * Everything from scratch: fresh data directories, replication by position from `master` to the others, the others
   * read-only, the VIP nowhere, cables in. Agents are the caller's to restart.
   */
  rebuild(master: DbHost): Promise<void>;
  /** Makes `host` a replica of `master` again, from a copy of the master's application data, and compares the two. */
  rejoin(host: DbHost, master: DbHost): Promise<void>;
  /** Throws unless both have the same application data at one position. Replication goes on afterwards. */
  compare(replica: DbHost, master: DbHost): Promise<void>;
  /** Waits until `replica` has applied all that `master` has written by now. */
  catchUp(replica: DbHost, master: DbHost): Promise<void>;
  /** SHOW SLAVE STATUS; undefined: not a replica. */
  replicaStatus(host: DbHost): Promise<Row | undefined>;
}

interface Parts {
  readonly hosts: Hosts;
  readonly servers: Servers;
  readonly network: Network;
}

export const createReplication = (parts: Parts): Replication => {
  const {servers} = parts;
  return {
    rebuild: master => rebuild(parts, master),
    rejoin: (host, master) => rejoin(parts, host, master),
    compare: async (replica, master) => {
      await servers.sql(replica, 'STOP SLAVE');
      await compareAtOnePosition(servers, replica, master);
      await servers.sql(replica, 'START SLAVE');
    },
    catchUp: (replica, master) => catchUp(servers, replica, master),
    replicaStatus: async host => (await servers.sql(host, 'SHOW SLAVE STATUS'))[0],
  };
};

const rebuild = async ({hosts, servers, network}: Parts, master: DbHost): Promise<void> => {
  const template = await datadirTemplate();
  const replicas = dbHosts.filter(host => host !== master);
  await Promise.all([
    network.resetNetwork(),
    hosts.mustExec('mgr', ['sh', '-c', 'rm -rf /var/tmp/mha /etc/mha/*; mkdir /var/tmp/mha']),
    ...dbHosts.map(async host => {
      await servers.killDb(host);
      await freshDatadir(hosts, host, template);
      await servers.startDb(host);
    }),
  ]);
  await Promise.all(
    replicas.map(host => servers.sql(host, `${follow(master, 'mysql-bin.000001', 4)}; SET GLOBAL read_only = 1`)),
  );
  await servers.sql(
    master,
    'CREATE DATABASE app; CREATE TABLE app.seed (id INT PRIMARY KEY); INSERT INTO app.seed VALUES (1)',
  );
  await Promise.all(replicas.map(host => catchUp(servers, host, master)));
};

const freshDatadir = async (hosts: Hosts, host: DbHost, template: string): Promise<void> => {
  // Through /proc: the template may lie where the host has a directory of its own.
  // masterha_check_repl and masterha_manager make MHA's; a failover by hand takes it for granted when there is a rest to apply.
  await hosts.mustExec(host, ['sh', '-c', 'rm -rf /var/lib/mysql/* /var/tmp/*; mkdir /var/tmp/mha']);
  await mustRun(['cp', '-a', `${template}/.`, hosts.pathOf(host, '/var/lib/mysql')]);
};

const follow = (master: DbHost, file: string, position: number): string =>
  `${sourceIs(master)}; CHANGE MASTER TO MASTER_LOG_FILE = '${file}', MASTER_LOG_POS = ${position}; START SLAVE`;

const sourceIs = (master: DbHost): string =>
  `CHANGE MASTER TO MASTER_HOST = '${addresses[master]}', MASTER_PORT = 3306, MASTER_USER = '${accounts.repl.user}',
   MASTER_PASSWORD = '${accounts.repl.password}', MASTER_USE_GTID = no, MASTER_CONNECT_RETRY = 1`;

const catchUp = async (servers: Servers, replica: DbHost, master: DbHost): Promise<void> => {
  const [position] = await servers.sql(master, 'SHOW MASTER STATUS');
  const {File: file, Position: offset} = position ?? {};
  const [waited] = await servers.sql(replica, `SELECT MASTER_POS_WAIT('${file}', ${offset}, 20) AS events`, {
    timeoutMs: 25_000,
  });
  // NULL: the SQL thread does not run; -1: not within the 20 s.
  if (waited?.events === null || Number(waited?.events) < 0) {
    const [status] = await servers.sql(replica, 'SHOW SLAVE STATUS');
    throw new Error(`${replica} did not catch up with ${master}: ${status?.Last_Error || status?.Last_IO_Error}`);
  }
};

const rejoin = async (parts: Parts, host: DbHost, master: DbHost): Promise<void> => {
  const {hosts} = parts;
  const servers = againWhenCut(parts.servers);
  await servers.killDb(host);
  await freshDatadir(hosts, host, await datadirTemplate());
  await servers.startDb(host);
  await servers.sql(host, `SET GLOBAL read_only = 1; ${sourceIs(master)}`);
  // The dump sets file and position, and keeps the master it finds. Nothing of it may reach the host's own binary log.
  const dump = `mysqldump --host=${addresses[master]} --user=${accounts.mha.user} --password=${accounts.mha.password} \
    --single-transaction --master-data=1 --databases app`;
  const load = '{ echo "SET sql_log_bin = 0;"; cat; } | mysql --user=root';
  const again = `for try in 1 2 3; do ${dump} | (${load}) && exit 0; done; exit 1`;
  await hosts.mustExec(host, ['bash', '-o', 'pipefail', '-c', again], {timeoutMs: 120_000});
  await compareAtOnePosition(servers, host, master);
  await servers.sql(host, 'START SLAVE');
};

/** An agent that makes a former master read-only as soon as it answers ends all sessions, once: ours, too. */
const againWhenCut = (servers: Servers): Servers => {
  const again = async <T>(ask: () => Promise<T>): Promise<T> => {
    try {
      return await ask();
    } catch (error) {
      const {code = ''} = error as {readonly code?: string};
      if (!/^(?:EPIPE|ECONNRESET|PROTOCOL_CONNECTION_LOST|ER_CONNECTION_KILLED)$/.test(code)) throw error;
      return ask();
    }
  };
  return {
    ...servers,
    sql: (...asked) => again(() => servers.sql(...asked)),
    script: (...asked) => again(() => servers.script(...asked)),
  };
};

/** Stops the replica at a position of which the master's checksums are known. The master is locked for as long as it counts. */
const compareAtOnePosition = async (servers: Servers, replica: DbHost, master: DbHost): Promise<void> => {
  const tables = await servers.sql(
    master,
    "SELECT CONCAT('`', table_schema, '`.`', table_name, '`') AS name FROM information_schema.tables WHERE table_schema = 'app'",
  );
  const checksum = `CHECKSUM TABLE ${tables.map(table => table.name).join(', ')}`;
  const locked = `FLUSH TABLES WITH READ LOCK; SHOW MASTER STATUS; ${checksum}; UNLOCK TABLES`;
  const [, position, wanted] = await servers.script(master, locked, {timeoutMs: 60_000});
  const {File: file, Position: offset} = position?.[0] ?? {};
  await servers.sql(replica, `START SLAVE UNTIL MASTER_LOG_FILE = '${file}', MASTER_LOG_POS = ${offset}`);
  await poll(
    `${replica} at ${file}:${offset} of ${master}`,
    async () => {
      const [status] = await servers.sql(replica, 'SHOW SLAVE STATUS');
      if (status?.Last_Error) throw new Error(`${replica} cannot follow ${master}: ${status.Last_Error}`);
      const there = status?.Relay_Master_Log_File === file && Number(status?.Exec_Master_Log_Pos) >= Number(offset);
      return there && status?.Slave_SQL_Running === 'No' ? true : undefined;
    },
    {timeoutMs: 30_000},
  );
  assert.deepEqual(
    await servers.sql(replica, checksum, {timeoutMs: 60_000}),
    wanted,
    `${replica} differs from ${master}`,
  );
};
