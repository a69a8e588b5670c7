// vip_type = aws with real MHA and real agents; EC2 is the endpoint of test/fakes/ec2 on the manager, since moto_server leaves
// a reassigned address on both interfaces.
import assert from 'node:assert/strict';
import {after, before, beforeEach, test} from 'node:test';
import {fileURLToPath} from 'node:url';
import type {Ec2World} from '../../../fakes/ec2/world.ts';
import {instanceOf} from '../../../fakes/ec2/world.ts';
import {recordedArguments} from '../../../fixtures/hook-arguments.ts';
import {nodeCommand} from '../../../lab/agents.ts';
import type {Running} from '../../../lab/hosts.ts';
import {poll} from '../../../lab/poll.ts';
import {breakableHooks, createProductLab, type ProductLab} from '../../../lab/product-lab.ts';
import type {Finished} from '../../../lab/run.ts';
import {dbHosts, writerVip} from '../../../lab/topology.ts';

let lab: ProductLab;
let ec2: Running;

const port = 8480;
const credentials = {AWS_SHARED_CREDENTIALS_FILE: '/etc/mha-helper/aws-credentials', AWS_EC2_METADATA_DISABLED: 'true'};
const account = '[default]\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = not-a-secret\n';
const settings = {
  vip_type: 'aws',
  aws_mode: 'private_ip',
  aws_region: 'eu-central-1',
  aws_endpoint: `http://127.0.0.1:${port}`,
};
const hosts = Object.fromEntries(dbHosts.map(host => [host, {aws_instance_id: instanceOf[host] ?? ''}]));
const hard = 'master_ip_hard_failover_helper';

before(async () => {
  lab = await createProductLab();
});
after(() => lab.dispose());

beforeEach(async () => {
  await lab.reset({mha: hooksWithCredentials()});
  await lab.writeClusterConfig({defaults: settings, hosts});
  await lab.write('mgr', credentials.AWS_SHARED_CREDENTIALS_FILE, account, 0o600);
  await startEndpoint();
  const placed = await helper('vip', 'acquire', 'lab', 'db1');
  assert.equal(placed.code, 0, saidBy(placed));
  assert.deepEqual(await holdersAtEc2(), ['db1']);
});

/** MHA hands its own environment on; its hooks get the account as a manager's unit would give it. */
const hooksWithCredentials = () => {
  const assignments = Object.entries(credentials).map(([key, value]) => `${key}=${value}`);
  const hooks = Object.entries(breakableHooks()).map(([name, command]) => [
    name,
    command.replace('/usr/bin/env ', `/usr/bin/env ${assignments.join(' ')} `),
  ]);
  return Object.fromEntries(hooks) as ReturnType<typeof breakableHooks>;
};

const startEndpoint = async (): Promise<void> => {
  if (ec2 !== undefined) {
    ec2.thaw();
    ec2.kill('SIGKILL');
    await ec2.ended;
  }
  await lab.mustExec('mgr', ['rm', '-f', log]);
  const main = fileURLToPath(new URL('../../../fakes/ec2/main.ts', import.meta.url));
  ec2 = await lab.spawn('mgr', [...nodeCommand(main), '127.0.0.1', `${port}`], {log});
  await poll('the EC2 endpoint', async () => ((await ec2.output()).includes('ready') ? true : undefined), {
    timeoutMs: 20_000,
  });
};

const log = '/var/log/ec2.log';

interface Known {
  readonly world: Ec2World;
  readonly calls: readonly string[];
}

const askEndpoint = async (): Promise<Known> => {
  const lines = async () => (await ec2.output()).trim().split('\n');
  const before = (await lines()).length;
  ec2.kill('SIGUSR2');
  return poll('the state of the EC2 endpoint', async () => {
    const all = await lines();
    return all.length > before ? (JSON.parse(all.at(-1) ?? '') as Known) : undefined;
  });
};

const holdersAtEc2 = async (): Promise<string[]> => {
  const {world} = await askEndpoint();
  const ip = writerVip.split('/')[0] ?? '';
  return world.interfaces.filter(({secondaryIps}) => secondaryIps.includes(ip)).map(({tags}) => tags.Name ?? '');
};

const saidBy = ({code, stdout, stderr}: Finished): string => `exit code ${code}\n${stdout}${stderr}`;

const helper = (...args: readonly string[]): Promise<Finished> =>
  lab.exec(
    'mgr',
    [...nodeCommand(new URL('../../../../dist/controller/bin/mha-helper.js', import.meta.url).pathname), ...args],
    {
      env: credentials,
      timeoutMs: 60_000,
    },
  );

test('the host of the master is cut off: EC2 revokes its VIP, which is released, and MHA ends without a warning', async () => {
  await lab.cutOff('db1');
  const finished = await lab.failover({dead: 'db1'});
  const said = saidBy(finished);
  assert.equal(finished.code, 0, said);
  assert.match(said, /ok {3}revoke VIP +db1 .*aws private_ip took it from db1/);
  assert.match(said, /hard stop done and verified[\s\S]*hard start done and verified/);
  assert.doesNotMatch(said, /UNKNOWN|Proceeding|not-a-secret/);
  assert.deepEqual(await holdersAtEc2(), ['db2']);
  assert.ok((await lab.vipHolders()).includes('db2'));
  const entries = (await lab.newestRecord())?.entries ?? [];
  const known = entries.find(entry => entry.type === 'old_master');
  assert.ok(known?.type === 'old_master');
  assert.equal(known.fencing, 'released');
  assert.match(known.because, /^aws private_ip took 10\.77\.0\.100\/24 from db1 and read that back; the host itself/);
  const exits = entries.flatMap(entry => (entry.type === 'end' ? [entry.exitCode] : []));
  assert.deepEqual(exits, [0, 0]);
});

test('neither the host nor EC2 answers: unknown is said with both reasons, in time, and the hook exits 10', async () => {
  await lab.reset({master: 'db2', mha: hooksWithCredentials()});
  await lab.writeClusterConfig({defaults: settings, hosts});
  await lab.cutOff('db2');
  ec2.freeze();
  const begin = performance.now();
  const finished = await lab.hook(hard, recordedArguments('failover-stop'), {env: credentials});
  const said = saidBy(finished);
  assert.equal(finished.code, 10, said);
  assert.match(said, /UNKNOWN: agent on db2: .*; aws private_ip/);
  assert.ok(performance.now() - begin < 60_000, said);
});

test('real MHA switches there and back, and check and status agree', async () => {
  for (const [to, from] of [
    ['db2', 'db1'],
    ['db1', 'db2'],
  ] as const) {
    const finished = await lab.switchMaster({to});
    assert.equal(finished.code, 0, saidBy(finished));
    assert.deepEqual([await holdersAtEc2(), await lab.vipHolders()], [[to], [to]], `from ${from}`);
  }
  const status = await helper('status', 'lab');
  assert.equal(status.code, 0, saidBy(status));
  const before = (await askEndpoint()).world;
  const check = await helper('check', 'lab');
  assert.match(check.stdout, /ok {4}VIP: aws private_ip 10\.77\.0\.100: db1 has it/);
  assert.match(check.stdout, /ok {4}VIP: aws private_ip 10\.77\.0\.100: ec2:AssignPrivateIpAddresses is allowed/);
  assert.match(check.stdout, /ok {4}VIP 10\.77\.0\.100\/24 on eth0 of db1: its agent allows it/);
  assert.doesNotMatch(check.stdout, /FAIL {2}VIP/);
  assert.deepEqual((await askEndpoint()).world, before);
});

test('a stop phase that fails after EC2 was told gives the VIP back there, too', async () => {
  await lab.breakAt('mgr', {'online stop/before commit': 'fail'});
  const finished = await lab.switchMaster({to: 'db2'});
  const said = saidBy(finished);
  assert.notEqual(finished.code, 0, said);
  assert.match(said, /ok {3}undo +db1 .*the VIP is given back/);
  assert.deepEqual([await holdersAtEc2(), await lab.vipHolders()], [['db1'], ['db1']]);
});

test('a stop phase that is killed after EC2 was told is put back by its guard', async () => {
  await lab.breakAt('mgr', {'online stop/after release VIP': 'kill'});
  const finished = await lab.switchMaster({to: 'db2'});
  await lab.breakAt('mgr', {});
  assert.notEqual(finished.code, 0, saidBy(finished));
  await poll('the VIP back on db1', async () => ((await holdersAtEc2()).join() === 'db1' ? true : undefined), {
    timeoutMs: 30_000,
  });
  const {db1, db2} = await lab.states();
  assert.deepEqual([db1.readOnly, db1.holdsVip, db2.readOnly, db2.holdsVip], [false, true, true, false]);
});
