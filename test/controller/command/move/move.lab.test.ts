import assert from 'node:assert/strict';
import {after, before, beforeEach, test} from 'node:test';
import {stoppedHook} from '../../../faults/processes.ts';
import {nodeCommand} from '../../../lab/agents.ts';
import type {Running} from '../../../lab/hosts.ts';
import {repository} from '../../../lab/namespaces.ts';
import {poll} from '../../../lab/poll.ts';
import {createProductLab, type HostState, type ProductLab} from '../../../lab/product-lab.ts';
import type {Finished} from '../../../lab/run.ts';
import {openSession} from '../../../lab/session.ts';
import type {DbHost} from '../../../lab/topology.ts';

let lab: ProductLab;
before(async () => {
  lab = await createProductLab();
});
after(() => lab.dispose());
beforeEach(() => lab.reset());

const saidBy = ({code, stdout, stderr}: Finished): string => `exit code ${code}\n${stdout}${stderr}`;

const assertMasterIs = async (master: DbHost): Promise<void> => {
  const states = Object.entries(await lab.states());
  const roles = states.map(([host, {readOnly, holdsVip}]) => ({host, readOnly, holdsVip}));
  assert.deepEqual(
    roles,
    states.map(([host]) => ({host, readOnly: host !== master, holdsVip: host === master})),
  );
};

const move = async (...args: readonly string[]): Promise<Finished> =>
  lab.exec('mgr', [...nodeCommand(`${repository}/dist/controller/bin/mha-helper.js`), ...args], {timeoutMs: 90_000});

/** The same, to be interrupted. */
let log = 0;
const spawnMove = (...args: readonly string[]): Promise<Running> =>
  lab.spawn('mgr', [...nodeCommand(`${repository}/dist/controller/bin/mha-helper.js`), ...args], {
    log: `/var/log/move-${++log}`,
  });

const saying = (running: Running, text: RegExp): Promise<true> =>
  poll(`${text}`, async () => (text.test(await running.output()) ? true : undefined), {timeoutMs: 30_000});

test('a dry run names the steps and changes nothing; what speaks against it is exit code 1', async () => {
  const before = await lab.states();
  const fine = await move('switch', 'lab', '--dry-run');
  assert.equal(fine.code, 0, saidBy(fine));
  assert.match(fine.stdout, /^lab: db1 -> db2, with \/etc\/mha\/app1\.cnf; nothing is changed\n[\s\S]*demote +db1\n/);
  for (const line of fine.stdout.split('\n')) assert.match(line, /^[\x20-\x7e]{0,80}$/);
  await lab.sql('db2', 'SET GLOBAL read_only = 0');
  const refused = await move('switch', 'lab', '--to', 'db2', '--dry-run', '--json');
  assert.equal(refused.code, 1, saidBy(refused));
  assert.match(JSON.parse(refused.stdout).problems.join(), /db2 is writable/);
  assert.equal((await move('switch', 'lab', '--to', 'db2')).code, 1);
  await lab.sql('db2', 'SET GLOBAL read_only = 1');
  const never = await move('switch', 'lab', '--to', 'db3');
  assert.equal(never.code, 1, saidBy(never));
  assert.match(never.stderr, /no_master for db3/);
  assert.deepEqual(await lab.states(), before);
  assert.equal(await lab.newestRecord(), undefined);
});

test('a switch there and back, told step by step, and as one object for programs', async () => {
  const there = await move('switch', 'lab');
  assert.equal(there.code, 0, saidBy(there));
  assert.match(there.stdout, / {2}ok {3}demote +db1 [\s\S]* {2}ok {3}promote +db2 [\s\S]* {2}ok {3}follow +db3 /);
  assert.match(there.stdout, /^lab-1: done; writes were away for \d+ ms/m);
  assert.match(there.stdout, /^lab: HEALTHY$/m);
  await assertMasterIs('db2');
  const back = await move('switch', 'lab', '--to', 'db1', '--json');
  assert.equal(back.code, 0, saidBy(back));
  const {exit_code, failover} = JSON.parse(back.stdout);
  assert.deepEqual([exit_code, failover.result, failover.new_master], [0, 'done', 'db1:3306']);
  await assertMasterIs('db1');
  const {stdout: logs} = await lab.mustExec('mgr', ['sh', '-c', 'stat -c %a /var/lib/mha-helper/lab/mha-*.log']);
  assert.deepEqual(logs.trim().split('\n'), ['600', '600']);
});

test('a dead master is replaced; one that lives is not', async () => {
  const lives = await move('failover', 'lab', '--dead', 'db1');
  assert.equal(lives.code, 1, saidBy(lives));
  assert.match(lives.stdout, /FAIL MHA: The master db1\S* is reachable/);
  await assertMasterIs('db1');
  await lab.killDb('db1');
  const dead = await move('failover', 'lab', '--dead', 'db1', '--to', 'db2');
  assert.equal(dead.code, 0, saidBy(dead));
  assert.match(dead.stdout, /lab-1: done; writes were away for/);
  assert.deepEqual(await lab.vipHolders(), ['db2']);
});

/** Everything is as before, MHA is gone, and the command has ended with 130. */
const assertPutBack = async (running: Running, before: Readonly<Record<DbHost, HostState>>): Promise<void> => {
  const {code} = await running.ended;
  assert.equal(code, 130, await running.output());
  assert.deepEqual(await lab.states(), before);
  const alive = await lab.exec('mgr', ['pgrep', '-f', 'masterha_master_switch|failover_helper']);
  assert.equal(alive.stdout, '');
};

test('Ctrl-C before any hook stops MHA, and nothing was changed', async () => {
  const before = await lab.states();
  const running = await spawnMove('switch', 'lab');
  await saying(running, /MHA: Configuration Check/);
  running.kill('SIGINT');
  await assertPutBack(running, before);
  assert.match(await running.output(), /nothing was changed yet/);
  assert.equal(await lab.newestRecord(), undefined);
});

test('Ctrl-C in the grace of the stop hook gives writes and VIP back', async () => {
  await lab.writeClusterConfig({defaults: {kill_after_timeout: '4'}});
  const before = await lab.states();
  const session = await openSession(lab);
  await session.ask('BEGIN; INSERT INTO app.seed VALUES (7)');
  const running = await spawnMove('switch', 'lab');
  await saying(running, /ok {3}hold read-only/);
  running.kill('SIGINT');
  await assertPutBack(running, before);
  assert.match(await running.output(), /Ctrl-C: MHA is stopped\. What was taken from db1[\s\S]*lab-1: recovered/);
  session.close();
});

test('Ctrl-C while MHA waits between its two hooks gives writes and VIP back', async () => {
  const before = await lab.states();
  // As if db2 were busy: its SQL thread waits for this lock, and MHA for the thread, without any bound.
  const lock = lab.sql('db2', 'LOCK TABLES app.seed WRITE; DO SLEEP(60)', {timeoutMs: 70_000}).catch(() => undefined);
  await poll('the lock', async () => {
    const [thread] = await lab.sql('db2', "SELECT id FROM information_schema.processlist WHERE info LIKE 'DO SLEEP%'");
    return thread;
  });
  await lab.sql('db1', 'INSERT INTO app.seed VALUES (8)');
  const running = await spawnMove('switch', 'lab', '--to', 'db2');
  await saying(running, /MHA: Waiting to execute all relay logs on db2/);
  running.kill('SIGINT');
  await assertPutBack(running, before);
  const [thread] = await lab.sql('db2', "SELECT id FROM information_schema.processlist WHERE info LIKE 'DO SLEEP%'");
  await lab.sql('db2', `KILL ${thread?.id}`);
  await lock;
  await lab.catchUp('db2', 'db1');
});

test('Ctrl-C once the new master becomes writable is too late: MHA finishes, and the exit code says so', async () => {
  await lab.breakAt('mgr', {'online start/before promote': 'stop'});
  const running = await spawnMove('switch', 'lab');
  await saying(running, /mha-helper: online start of cluster lab/);
  running.kill('SIGINT');
  await saying(running, /Ctrl-C: too late to go back, db2 is becoming writable/);
  // The process that waited for this start stops there first; its hook takes over from it, and stops there as well.
  await lab.mustExec('mgr', ['kill', '-CONT', await stoppedHook(lab)]);
  const {code} = await running.ended;
  assert.equal(code, 0, await running.output());
  await assertMasterIs('db2');
});

test('a command that is killed leaves MHA to finish the switch', async () => {
  const running = await spawnMove('switch', 'lab');
  await saying(running, /MHA: Configuration Check/);
  running.kill('SIGKILL');
  await running.ended;
  await poll(
    'the end of MHA',
    async () => {
      const {stdout} = await lab.exec('mgr', ['pgrep', '-f', 'masterha_master_switch']);
      return stdout === '' ? true : undefined;
    },
    {timeoutMs: 30_000},
  );
  await assertMasterIs('db2');
});
