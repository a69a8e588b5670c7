import assert from 'node:assert/strict';
import {poll} from '../lab/poll.ts';
import {startMha} from './mha-stand-in.ts';
import {stoppedHook} from './processes.ts';
import {assertEnd, setStage} from './stage.ts';

const stage = setStage('Failovers that come together');

stage.scenario('two switches of one cluster at once', 'nothing', async () => {
  const rival = await startMha(stage.scene, 'rival');
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
  const older = await startMha(stage.scene, 'older');
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
  const newer = await startMha(stage.scene, 'newer', {MHA_HELPER_CONFIG_DIR: '/etc/other'});
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
