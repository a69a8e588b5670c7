import assert from 'node:assert/strict';
import {after, before, test} from 'node:test';
import {type Connection, createConnection, type RowDataPacket} from 'mysql2/promise';
import {recordedArguments} from '../fixtures/hook-arguments.ts';
import {accounts} from './accounts.ts';
import {datadirTemplate} from './datadir.ts';
import {poll} from './poll.ts';
import {createProductLab, faultsFile, type HookName, type ProductLab} from './product-lab.ts';
import {mustRun} from './run.ts';
import {openSession} from './session.ts';
import {addresses, type DbHost, labInterface} from './topology.ts';

/** Two mysqld on db1 and on db2: the lab's own on 3306, and these on 3307, a cluster with a VIP of its own. */
let lab: ProductLab;

const secondVip = '10.77.0.101/24';
const socket = '/run/mysqld/second.sock';
const online: HookName = 'master_ip_online_failover_helper';

const connect = (host: DbHost): Promise<Connection> =>
  createConnection({socketPath: lab.pathOf(host, socket), user: 'root', multipleStatements: true});

const sql = async (host: DbHost, text: string): Promise<RowDataPacket[]> => {
  const connection = await connect(host);
  try {
    const [results] = await connection.query<RowDataPacket[][]>(`DO 0; ${text}`);
    return results.at(-1) ?? [];
  } finally {
    connection.destroy();
  }
};

const startSecond = async (host: DbHost): Promise<void> => {
  const datadir = '/var/lib/second';
  await lab.mustExec(host, ['mkdir', '-p', datadir]);
  await mustRun(['cp', '-a', `${await datadirTemplate()}/.`, lab.pathOf(host, datadir)]);
  await lab.mustExec(host, ['chown', '--reference=/var/lib/mysql', datadir]);
  const own = [
    `--datadir=${datadir}`,
    `--socket=${socket}`,
    '--port=3307',
    '--pid-file=/run/mysqld/second.pid',
    `--server-id=1${addresses[host].split('.')[3]}`,
    `--log-bin=${datadir}/mysql-bin`,
    `--relay-log=${datadir}/relay-bin`,
    '--log-error=/run/mysqld/second.err',
  ];
  const server = await lab.spawn(host, ['mariadbd', ...own]);
  const answers = (): Promise<true | undefined> =>
    sql(host, 'SELECT 1').then(
      () => true,
      () => undefined,
    );
  await poll(
    `the second mysqld on ${host}`,
    async () => {
      if (server.hasEnded()) throw new Error(await lab.read(host, '/run/mysqld/second.err'));
      return answers();
    },
    {timeoutMs: 30_000},
  );
};

const addSecondCluster = async (): Promise<void> => {
  const sections = `[instance:3307]\nsocket = ${socket}\noption_file = /etc/mha-helper/agent.cnf\n\n[vip:${secondVip}]\ninterface = ${labInterface}\n`;
  for (const host of ['db1', 'db2'] as const) {
    await lab.writeAgentConfig(host, {sections});
    await lab.startAgent(host, {env: {MHA_HELPER_FAULTS: faultsFile}});
  }
  const second = (await lab.read('mgr', '/etc/mha-helper/lab.conf'))
    .replace(/^writer_vip_cidr = .*$/m, `writer_vip_cidr = ${secondVip}`)
    .replace(/\[db3\]\n/, '')
    .replace(/\[db([12])\]/g, '[db$1:3307]');
  await lab.write('mgr', '/etc/mha-helper/second.conf', second);
  await lab.addVip('db1', secondVip);
};

before(async () => {
  lab = await createProductLab();
  await Promise.all([startSecond('db1'), startSecond('db2')]);
  const {user, password} = accounts.repl;
  await sql(
    'db2',
    `CHANGE MASTER TO MASTER_HOST = '${addresses.db1}', MASTER_PORT = 3307, MASTER_USER = '${user}',
     MASTER_PASSWORD = '${password}', MASTER_LOG_FILE = 'mysql-bin.000001', MASTER_LOG_POS = 4;
     START SLAVE; SET GLOBAL read_only = 1`,
  );
  await addSecondCluster();
});
after(() => lab.dispose());

const argumentsFor = (call: 'online-stop' | 'online-start', port: number): readonly string[] =>
  recordedArguments(call).map(argument => argument.replace(/(master_port)=3306$/, `$1=${port}`));

const moveToDb2 = (port: number): ReturnType<ProductLab['hooks']> =>
  lab.hooks([
    {name: online, args: argumentsFor('online-stop', port)},
    {name: online, args: argumentsFor('online-start', port)},
  ]);

const secondReadOnly = async (host: DbHost): Promise<boolean> =>
  Number((await sql(host, 'SELECT @@read_only AS value'))[0]?.value) === 1;

const isReadOnly = async (host: DbHost): Promise<boolean> => (await lab.states())[host].readOnly;

test('while one instance is being switched it is BUSY to others, and the other instance of the host switches', async () => {
  // A client in a transaction holds the first switch in its grace.
  await lab.writeClusterConfig({defaults: {kill_after_timeout: '25'}});
  const session = await openSession(lab);
  await session.ask('BEGIN; INSERT INTO app.seed VALUES (2)');
  const held = lab.hook(online, argumentsFor('online-stop', 3306));
  await poll('the grace', async () => ((await isReadOnly('db1')) ? true : undefined));

  // Another controller, which does not share the lock of this one.
  const rival = (await lab.read('mgr', '/etc/mha-helper/lab.conf')).replace(
    '[default]\n',
    '[default]\nstate_dir = /run/rival\n',
  );
  await lab.write('mgr', '/etc/rival/lab.conf', rival);
  const env = {MHA_HELPER_CONFIG_DIR: '/etc/rival'};
  const busy = await lab.hook(online, argumentsFor('online-stop', 3306), {env});
  assert.equal(busy.code, 1, busy.stdout);
  assert.match(busy.stdout, /another operation is open on port 3306: online stop [0-9a-f-]+ by .*controller/);

  const {codes, output} = await moveToDb2(3307);
  assert.deepEqual(codes, [0, 0], output);
  assert.deepEqual([await secondReadOnly('db1'), await secondReadOnly('db2')], [true, false]);
  assert.deepEqual(await lab.vipHolders(secondVip), ['db2']);
  assert.equal(await isReadOnly('db1'), true, 'the first switch was over before the second');

  await session.ask('ROLLBACK');
  session.close();
  const finished = await held;
  assert.equal(finished.code, 0, finished.stdout);
  // Nobody called start: the guard of the first switch gives writes back, on its own instance alone.
  await poll('writes on db1', async () => ((await isReadOnly('db1')) ? undefined : true), {timeoutMs: 15_000});
  assert.deepEqual(await lab.vipHolders(), ['db1']);
  assert.deepEqual([await secondReadOnly('db1'), await secondReadOnly('db2')], [true, false]);
});

test('a switch of one instance leaves the other as it is: its writes, its clients, its address', async () => {
  await lab.writeClusterConfig();
  const client = await connect('db2');
  const {codes, output} = await moveToDb2(3306);
  assert.deepEqual(codes, [0, 0], output);
  assert.deepEqual([await isReadOnly('db1'), await isReadOnly('db2')], [true, false]);
  assert.deepEqual([await secondReadOnly('db1'), await secondReadOnly('db2')], [true, false]);
  assert.deepEqual([await lab.vipHolders(), await lab.vipHolders(secondVip)], [['db2'], ['db2']]);
  await client.query('CREATE DATABASE untouched');
  client.destroy();
});
