import assert from 'node:assert/strict';
import {join} from 'node:path';
import {nodeCommand} from '../lab/agents.ts';
import {repository} from '../lab/namespaces.ts';
import {poll} from '../lab/poll.ts';
import {addresses} from '../lab/topology.ts';
import {recognise} from './expect.ts';
import {findProcesses, stoppedHook} from './processes.ts';
import {assertEnd, setStage} from './stage.ts';

const stage = setStage('Failovers that come together');

stage.scenario('two switches of one cluster at once', 'nothing', async () => {
  const rival = await stage.another('rival');
  const ends = await Promise.all([stage.mha.call('online stop'), rival.call('online stop')]);
  await rival.end();
  const codes = ends.map(({code}) => code).sort();
  assert.deepEqual(codes, [0, 1], ends.map(({output}) => output).join('\n'));
  assert.match(ends.find(({code}) => code === 1)?.output ?? '', /cluster lab is held by process \d+ \(online stop\)/);
  await stage.assertRest('as before');
  return 'one goes, the other is told who holds the cluster';
});

stage.scenario('the same hook twice', 'nothing', async () => {
  assertEnd(await stage.mha.call('online stop'), 0);
  assertEnd(await stage.mha.call('online stop'), 0, /read-only already/);
  assertEnd(await stage.mha.call('online start'), 0);
  await stage.mha.call('online start');
  await stage.assertRest('new master serves');
  return 'the second finds everything done';
});

stage.scenario('an old failover wakes up after a newer one', 'first controller stopped', async () => {
  await stage.scene.breakAt('mgr', {'online stop/before release VIP': 'stop'});
  const older = await stage.another('older');
  const old = older.call('online stop');
  const hook = await stoppedHook(stage.scene);
  await stage.scene.breakAt('mgr', {});
  await poll(
    'the agents to undo what their controller left',
    async () => ((await stage.scene.states()).db1.readOnly ? undefined : true),
    {timeoutMs: 15_000},
  );
  // A second manager has a state directory of its own: only the agents know of both failovers.
  await stage.scene.mustExec('mgr', [
    'sh',
    '-c',
    'rm -rf /etc/other; cp -a /etc/mha-helper /etc/other; sed -i "1a state_dir = /var/lib/other" /etc/other/lab.conf',
  ]);
  const newer = await stage.another('newer', {MHA_HELPER_CONFIG_DIR: '/etc/other'});
  assertEnd(await newer.call('online stop'), 0);
  assertEnd(await newer.call('online start'), 0);
  await stage.scene.mustExec('mgr', ['kill', '-CONT', hook]);
  const end = await old;
  await newer.end();
  await older.end(); // as MHA does whose hook fails; its guard then finds the newer failover
  assertEnd(end, 1);
  await stage.assertRest('new master serves');
  return 'the old one changes nothing any more';
});

stage.scenario('a client of an old failover', 'it asks the agents itself', async () => {
  await stage.switchMasters();
  const {epoch = 0} = (await stage.scene.newestRecord())?.head ?? {};
  const program = nodeCommand(join(repository, 'test/faults/raw-client.ts'));
  const hosts = (['db1', 'db2'] as const).map(host => `${host}=${addresses[host]}`);
  const {stdout} = await stage.scene.mustExec('mgr', [...program, String(epoch - 1), ...hosts]);
  const refused = ['STALE_EPOCH', 'STALE_EPOCH'];
  assert.deepEqual(JSON.parse(stdout), {db1: refused, db2: refused});
  await stage.assertRest('new master serves');
  return 'STALE_EPOCH, and nothing changes';
});

/** MHA is gone after its stop, and so is the guard that would have given everything back. */
const abandon = async (): Promise<void> => {
  assertEnd(await stage.mha.call('online stop'), 0);
  await killGuards();
  await stage.mha.end();
  assert.equal(recognise(await stage.scene.states()), 'old master demoted');
};

const killGuards = async (): Promise<void> => {
  const guards = await findProcesses(stage.scene, 'mgr', 'bin/guard.cjs');
  assert.ok(guards.length > 0, 'there is no guard');
  for (const {pid} of guards) await stage.scene.mustExec('mgr', ['kill', '-KILL', pid]);
};

stage.scenario('a stop after an abandoned one', 'both MHAs and the first guard killed', async () => {
  await abandon();
  const second = await stage.another('second');
  assertEnd(await second.call('online stop'), 0, /take over .*was abandoned/);
  assert.equal(recognise(await stage.scene.states()), 'old master demoted');
  await second.end();
  await stage.assertRest('as before');
  return 'the second guard leads back to the state before the first stop';
});

stage.scenario('a stop after an abandoned one', 'it fails', async () => {
  await abandon();
  const second = await stage.another('second');
  await stage.scene.breakAt('mgr', {'online stop/before verify': 'fail'});
  assertEnd(await second.call('online stop'), 1);
  assert.equal(recognise(await stage.scene.states()), 'as before');
  await second.end();
  await stage.assertRest('as before');
  return 'its undo leads back to the state before the first';
});

stage.scenario('a stop after an abandoned one', 'its controller killed', async () => {
  await abandon();
  const second = await stage.another('second');
  await stage.scene.breakAt('mgr', {'online stop/before verify': 'kill'});
  assertEnd(await second.call('online stop'), 137);
  await second.end();
  await stage.assertRest('as before');
  return 'the agents lead back to the state before the first';
});

stage.scenario('a stop after an abandoned one', 'refused by preflight', async () => {
  assertEnd(await stage.mha.call('online stop'), 0);
  const second = await stage.another('second');
  await stage.scene.sql('db2', 'STOP SLAVE');
  assertEnd(await second.call('online stop'), 1, /replication is broken/);
  await stage.scene.sql('db2', 'START SLAVE');
  await second.end();
  await stage.assertRest('as before');
  return 'the first guard still gives back what the first stop took';
});

stage.scenario('a stop after an abandoned one', 'first MHA killed while the second goes on', async () => {
  assertEnd(await stage.mha.call('online stop'), 0);
  const second = await stage.another('second');
  assertEnd(await second.call('online stop'), 0);
  await stage.mha.end();
  await new Promise(resolve => setTimeout(resolve, 2000)); // the first guard looks five times a second
  assert.equal(recognise(await stage.scene.states()), 'old master demoted');
  assertEnd(await second.call('online start'), 0);
  await second.end();
  await stage.assertRest('new master serves');
  return 'the first guard leaves it alone';
});

stage.scenario('controller lost between promote and commit', 'then a stop, and its MHA killed', async () => {
  assertEnd(await stage.mha.call('online stop'), 0);
  await stage.scene.breakAt('mgr', {'online start/after promote': 'kill'});
  assertEnd(await stage.mha.call('online start'), 137);
  await stage.mha.end();
  await stage.scene.breakAt('mgr', {});
  await stage.scene.settled();
  assert.equal(recognise(await stage.scene.states()), 'old master demoted');
  const second = await stage.another('second');
  assertEnd(await second.call('online stop'), 0, /its start had begun/);
  await second.end();
  await stage.scene.settled();
  assert.equal(recognise(await stage.scene.states()), 'old master demoted');
  const {code, stdout, stderr} = await stage.scene.recover();
  assert.equal(code, 0, stdout + stderr);
  await stage.assertRest('new master serves');
  return 'the new master may hold rows, so nothing goes back; recover finishes it';
});
