import {createConnection, type RowDataPacket} from 'mysql2/promise';
import {serverUser} from './datadir.ts';
import type {Hosts} from './hosts.ts';
import {poll} from './poll.ts';
import {addresses, type DbHost} from './topology.ts';

export type Row = Record<string, unknown>;

export interface Servers {
  /** Runs statements as root through the server's socket, bounded (10 s). Answers the rows of the last one. */
  sql(host: DbHost, sql: string, options?: {readonly timeoutMs?: number}): Promise<Row[]>;
  /** The same, with the rows of each statement. */
  script(host: DbHost, sql: string, options?: {readonly timeoutMs?: number}): Promise<Row[][]>;
  /** Starts mysqld and waits until it answers. */
  startDb(host: DbHost, extraOptions?: readonly string[]): Promise<void>;
  /** SIGKILL, as a crash would; returns when the process is gone. No server is fine. */
  killDb(host: DbHost): Promise<void>;
  /** An orderly shutdown. */
  stopDb(host: DbHost): Promise<void>;
  /** SIGSTOP: connections are accepted by the kernel, and nobody answers. */
  freezeDb(host: DbHost): Promise<void>;
  thawDb(host: DbHost): Promise<void>;
}

export const socketPath = '/run/mysqld/mysqld.sock';

export const createServers = (hosts: Hosts): Servers => {
  const script: Servers['script'] = (host, text, {timeoutMs = 10_000} = {}) =>
    query(hosts.pathOf(host, socketPath), text, timeoutMs);
  return {
    script,
    sql: async (host, text, options) => (await script(host, text, options)).at(-1) ?? [],
    startDb: (host, extraOptions = []) => start(hosts, host, extraOptions),
    killDb: async host => {
      await signal(hosts, host, 'KILL');
      await gone(hosts, host);
    },
    stopDb: async host => {
      await signal(hosts, host, 'TERM');
      await gone(hosts, host);
    },
    freezeDb: host => signal(hosts, host, 'STOP'),
    thawDb: host => signal(hosts, host, 'CONT'),
  };
};

/** The server's option file. Small on purpose: three of them share a laptop. */
export const serverOptions = (host: DbHost): string => `[mysqld]
user=${serverUser()}
datadir=/var/lib/mysql
socket=${socketPath}
pid_file=${pidFile}
log_error=${errorLog}
bind_address=0.0.0.0
port=3306
skip_name_resolve
server_id=${addresses[host].split('.')[3]}
report_host=${host}
log_bin=/var/lib/mysql/mysql-bin
relay_log=/var/lib/mysql/${host}-relay-bin
log_slave_updates=1
relay_log_purge=0
binlog_format=ROW
sync_binlog=1
innodb_flush_log_at_trx_commit=1
innodb_buffer_pool_size=64M
innodb_log_file_size=16M
# Its own: names of temporary tables hold the process id, which is the same on all hosts, and two servers that take each
# other's files crash.
tmpdir=/var/tmp
# The data directory is in memory.
innodb_flush_method=fsync
innodb_use_native_aio=0
max_connections=200
slave_net_timeout=10
performance_schema=0
[client]
socket=${socketPath}
`;

const pidFile = '/run/mysqld/mysqld.pid';
const errorLog = '/var/log/mysqld.err';

const start = async (hosts: Hosts, host: DbHost, extraOptions: readonly string[]): Promise<void> => {
  // A fresh error log, so that what it says is about this start.
  const script = `[ ! -e ${errorLog} ] || mv -f ${errorLog} ${errorLog}.old
    : >${errorLog} && chown ${serverUser()} ${errorLog} && rm -f ${pidFile} ${socketPath}
    exec setsid -f mariadbd "$@" </dev/null >>/var/log/mysqld.out 2>&1`;
  await hosts.mustExec(host, ['sh', '-c', script, 'mariadbd', ...extraOptions]);
  await poll(
    `mysqld on ${host}`,
    async () => {
      const failed = /\[ERROR\] Aborting/.test(await hosts.read(host, errorLog).catch(() => ''));
      if (failed) throw new Error(`mysqld on ${host} does not start: ${await hosts.read(host, errorLog)}`);
      const answers = query(hosts.pathOf(host, socketPath), 'SELECT 1', 1000);
      return answers.then(
        () => true,
        () => undefined,
      );
    },
    {timeoutMs: 30_000},
  );
};

/** One statement list on one connection. Its own clock: a frozen server accepts a connection and says nothing. */
const query = async (socket: string, sql: string, timeoutMs: number): Promise<Row[][]> => {
  const connection = await createConnection({
    socketPath: socket,
    user: 'root',
    multipleStatements: true,
    connectTimeout: timeoutMs,
  });
  // A server that is killed later has nothing to tell this connection's owner.
  connection.on('error', () => undefined);
  try {
    // An empty statement in front: then the answer is a list of results, however many statements there are.
    const [results] = await connection.query<RowDataPacket[][]>({sql: `DO 0; ${sql}`, timeout: timeoutMs});
    return results.slice(1).map(rows => (Array.isArray(rows) ? rows : []));
  } finally {
    connection.destroy();
  }
};

const serverPid = async (hosts: Hosts, host: DbHost): Promise<string | undefined> => {
  const pid = (await hosts.read(host, pidFile).catch(() => '')).trim();
  // Through the host's own procfs, where its numbers are valid.
  const command = pid && (await hosts.read(host, `/proc/${pid}/comm`).catch(() => ''));
  return command?.trim() === 'mariadbd' ? pid : undefined;
};

const signal = async (hosts: Hosts, host: DbHost, name: string): Promise<void> => {
  const pid = await serverPid(hosts, host);
  if (pid !== undefined) await hosts.mustExec(host, ['kill', `-${name}`, pid]);
};

const gone = (hosts: Hosts, host: DbHost): Promise<true> =>
  poll(`the end of mysqld on ${host}`, async () => ((await serverPid(hosts, host)) === undefined ? true : undefined));
