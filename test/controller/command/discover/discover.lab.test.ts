import assert from 'node:assert/strict';
import {after, before, test} from 'node:test';
import {accounts} from '../../../lab/accounts.ts';
import {nodeCommand} from '../../../lab/agents.ts';
import {commandFile} from '../../../lab/commands.ts';
import {repository} from '../../../lab/namespaces.ts';
import {poll} from '../../../lab/poll.ts';
import {createProductLab, type ProductLab} from '../../../lab/product-lab.ts';
import type {Finished} from '../../../lab/run.ts';
import {addresses, writerVip} from '../../../lab/topology.ts';

let lab: ProductLab;
const clusterFile = '/etc/mha-helper/lab.conf';
const mhaFile = '/etc/mha/lab.cnf';
const programs = '/var/tmp/programs';

/** As on a manager where the packages are installed and the site's accounts are known, and nothing else. */
before(async () => {
  lab = await createProductLab();
  await lab.mustExec('mgr', ['sh', '-c', `rm -f /etc/mha/* ${clusterFile}; mkdir -p ${programs}`]);
  for (const name of ['master_ip_online_failover_helper', 'master_ip_hard_failover_helper', 'master_failover_report']) {
    await lab.mustExec('mgr', ['ln', '-s', commandFile(name), `${programs}/${name}`]);
  }
  const {mha, repl} = accounts;
  const site = `[server default]\nuser=${mha.user}\npassword=${mha.password}\nrepl_user=${repl.user}\nrepl_password=${repl.password}\n`;
  await lab.write('mgr', '/etc/masterha_default.cnf', `${site}ssh_user=root\n`, 0o600);
});
after(() => lab.dispose());

const saidBy = ({code, stdout, stderr}: Finished): string => `exit code ${code}\n${stdout}${stderr}`;

const helper = (...args: readonly string[]): Promise<Finished> => {
  const command = [...nodeCommand(`${repository}/dist/controller/bin/mha-helper.js`), ...args];
  return lab.exec('mgr', ['sh', '-c', `PATH=$PATH:${programs} exec "$@"`, 'sh', ...command], {timeoutMs: 60_000});
};

const files = async (): Promise<readonly [string, string]> => [
  await lab.read('mgr', clusterFile),
  await lab.read('mgr', mhaFile),
];

/** A source notices only at its next write that a replica has gone. */
const forgetReader = async (address: string): Promise<void> => {
  const list = "SELECT id FROM information_schema.processlist WHERE command LIKE 'Binlog Dump%' AND host LIKE";
  for (const {id} of await lab.sql('db1', `${list} '${address}:%'`)) await lab.sql('db1', `KILL ${id}`);
  await poll('the end of its thread', async () =>
    (await lab.sql('db1', `${list} '${address}:%'`)).length === 0 ? true : undefined,
  );
};

const assertReady = async (hosts: readonly string[]): Promise<void> => {
  const check = await lab.exec('mgr', ['masterha_check_repl', `--conf=${mhaFile}`], {timeoutMs: 60_000});
  assert.equal(check.code, 0, saidBy(check));
  for (const host of hosts) assert.ok((check.stdout + check.stderr).includes(`${host}(`), saidBy(check));
};

test('from one host alone, both files are written, and MHA checks and switches with them', async () => {
  await lab.sql('db3', 'STOP SLAVE'); // it will join later
  await lab.stopAgent('db3');
  await forgetReader(addresses.db3);
  const found = await helper('discover', '--from', 'db2', '--cluster', 'lab');
  assert.equal(found.code, 0, saidBy(found));
  assert.match(found.stdout, /^ {2}db1 +10\.77\.0\.11 +master +-\n {2}db2 +10\.77\.0\.12 +replica +db1$/m);
  const [cluster, mha] = await files();
  assert.equal(
    cluster,
    `# Found by mha-helper discover. Every key stands in the README.\n[default]\nvip_type = metal\nwriter_vip_cidr = ${writerVip}\ncluster_interface = eth0\n\n[db1]\nip = ${addresses.db1}\n\n[db2]\nip = ${addresses.db2}\n`,
  );
  assert.match(mha, /^\[server1\]\nhostname=db1\n\n\[server2\]\nhostname=db2\n$/m);
  assert.doesNotMatch(mha, /user|password/); // the site's defaults have them
  await assertReady(['db1', 'db2']);
  for (const to of ['db2', 'db1']) {
    const switched = await helper('switch', 'lab', '--to', to);
    assert.equal(switched.code, 0, saidBy(switched));
    assert.match(switched.stdout, /^lab: HEALTHY$/m);
  }
});

test('a host that joins is shown as a diff first, then added; comments and all else stay byte for byte', async () => {
  const [cluster, mha] = await files();
  const [oldCluster, oldMha] = [`${cluster}; by hand:\tkeep me\n#[db9]`, mha.replaceAll('\n', '\r\n')];
  await lab.write('mgr', clusterFile, oldCluster, 0o640);
  await lab.write('mgr', mhaFile, oldMha, 0o600);
  assert.equal((await helper('discover', '--from', 'db1')).code, 0);
  assert.deepEqual(await files(), [oldCluster, oldMha]);
  await lab.startAgent('db3');
  await lab.sql('db3', 'START SLAVE');
  await lab.catchUp('db3', 'db1');
  const shown = await helper('discover', '--from', 'db1');
  assert.equal(shown.code, 1, saidBy(shown));
  assert.match(shown.stdout, /^\+\[db3\]\n\+ip = 10\.77\.0\.13\n/m);
  assert.deepEqual(await files(), [oldCluster, oldMha]);
  const written = await helper('discover', '--from', 'db1', '--write', '--json');
  assert.equal(written.code, 0, saidBy(written));
  assert.deepEqual(
    JSON.parse(written.stdout).files.map(({state}: {state: string}) => state),
    ['written', 'written'],
  );
  assert.deepEqual(await files(), [
    `${oldCluster}\n\n[db3]\nip = ${addresses.db3}\n`,
    `${oldMha}\r\n[server3]\r\nhostname=db3\r\n`,
  ]);
  const {stdout: modes} = await lab.mustExec('mgr', ['stat', '-c', '%a', clusterFile, mhaFile]);
  assert.equal(modes, '640\n600\n');
  await assertReady(['db1', 'db2', 'db3']);
  assert.equal((await helper('discover', '--from', 'db3')).code, 0);
});

test('who reads the binary log and has no agent is told, and so is a host that is not ours', async () => {
  await lab.stopAgent('db3');
  const gap = await helper('discover', '--from', 'db1');
  assert.equal(gap.code, 1, saidBy(gap));
  assert.match(
    gap.stdout.replaceAll(/\s+/g, ' '),
    /who reads the binary log of db1 could not be asked: no agent at 10\.77\.0\.13:7306/,
  );
  const wrong = await helper('discover', '--from', 'client');
  assert.equal(wrong.code, 1, saidBy(wrong));
  assert.match(wrong.stderr, /^mha-helper discover: no agent at client:7306: nobody listens there/);
  const nameless = await helper('discover', '--from', 'db1,:');
  assert.equal(nameless.code, 2, saidBy(nameless));
});
