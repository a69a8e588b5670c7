import assert from 'node:assert/strict';
import {setTimeout as wait} from 'node:timers/promises';
import {poll} from '../lab/poll.ts';
import {applicationSession, outcomeOf} from './client.ts';
import {assertInTime, recognise} from './expect.ts';
import {startMha} from './mha-stand-in.ts';
import {stoppedHook} from './processes.ts';
import {hookBoundMs} from './scene.ts';
import {assertEnd, setStage} from './stage.ts';

const stage = setStage('Frozen and silent');

stage.scenario('mysqld of the old master frozen', 'before online stop', async () => {
  await stage.scene.freezeDb('db1');
  const end = await stage.mha.call('online stop');
  await stage.scene.thawDb('db1');
  assertEnd(end, 1, /mysqld on db1 does not answer/);
  await stage.assertRest('as before');
  return `refused after ${Math.round(end.durationMs / 100) / 10} s`;
});

for (const step of ['demote', 'demote again', 'commit']) {
  stage.scenario('mysqld of the old master frozen', `in online stop before ${step}`, async () => {
    await stage.scene.breakAt('mgr', {[`online stop/before ${step}`]: 'stop'});
    const calling = stage.mha.call('online stop');
    const hook = await stoppedHook(stage.scene);
    await stage.scene.freezeDb('db1');
    await stage.scene.mustExec('mgr', ['kill', '-CONT', hook]);
    const end = await calling;
    await stage.mha.end();
    await stage.scene.thawDb('db1');
    assertInTime(end);
    await stage.assertRest('as before');
    return `exit ${end.code} after ${Math.round(end.durationMs / 100) / 10} s, put back when it answers again`;
  });
}

/** The new master serves, and the old one is no second one, although nobody could tell it when it mattered. */
const assertOvercome = async (wakeUp: () => Promise<void>): Promise<string> => {
  const ends = [await stage.mha.call('hard stop'), await stage.mha.call('hard start')];
  await stage.mha.end();
  for (const end of ends) assertEnd(end, 0);
  assert.match(ends[0]?.output ?? '', /the agent on db1 makes it read-only as soon as it can/);
  const status = await stage.scene.helper('status', 'lab');
  assert.match(status.stdout, /db1 is to be read-only since hard stop/);
  await stage.scene.killAgent('db1'); // its journal remembers
  await stage.scene.startAgentAgain('db1');
  await wakeUp();
  const wokeMs = performance.now();
  // The demotion throws our own session out, too.
  const isReadOnly = () =>
    stage.scene.states().then(
      ({db1: {readOnly}}) => readOnly,
      () => false,
    );
  await poll('db1 read-only', async () => ((await isReadOnly()) ? true : undefined), {timeoutMs: 5000});
  const ms = Math.round(performance.now() - wokeMs);
  await stage.scene.settled();
  const {db1, db2} = await stage.scene.states();
  assert.deepEqual([db1.readOnly, db1.eventScheduler, db1.holdsVip], [true, 'OFF', false]);
  assert.deepEqual([db2.readOnly, db2.holdsVip], [false, true]);
  const after = await stage.scene.helper('status', 'lab');
  assert.doesNotMatch(after.stdout, /is to be read-only/);
  return `its VIP is gone, and it is read-only ${ms} ms after it woke up`;
};

stage.scenario('mysqld of the old master frozen', 'hard failover and agent killed, then it wakes up', async () => {
  const app = await applicationSession(stage.scene, 'db1');
  await stage.scene.freezeDb('db1');
  const outcome = await assertOvercome(() => stage.scene.thawDb('db1'));
  assert.notEqual(await outcomeOf(app.query('INSERT INTO app.seed SELECT MAX(id) + 1 FROM app.seed')), 'done');
  return outcome;
});

stage.scenario(
  'mysqld of the old master killed',
  'hard failover and agent killed, then it is started again',
  async () => {
    await stage.scene.killDb('db1');
    return assertOvercome(() => stage.scene.startDb('db1'));
  },
);

stage.scenario('agent of the new master frozen', 'online stop', async () => {
  stage.scene.freezeAgent('db2');
  const end = await stage.mha.call('online stop');
  stage.scene.thawAgent('db2');
  assertEnd(end, 1);
  await stage.assertRest('as before');
  return `refused after ${Math.round(end.durationMs / 100) / 10} s`;
});

stage.scenario('agent of the old master frozen', 'in online stop before release VIP', async () => {
  await stage.scene.breakAt('mgr', {'online stop/before release VIP': 'stop'});
  const calling = stage.mha.call('online stop');
  const hook = await stoppedHook(stage.scene);
  stage.scene.freezeAgent('db1');
  await stage.scene.mustExec('mgr', ['kill', '-CONT', hook]);
  const end = await calling;
  await stage.mha.end();
  stage.scene.thawAgent('db1');
  assertEnd(end, 1);
  await stage.assertRest('as before');
  return `exit 1 after ${Math.round(end.durationMs / 100) / 10} s, put back when it wakes up`;
});

stage.scenario('agent of the old master frozen', 'hard stop', async () => {
  stage.scene.freezeAgent('db1');
  const end = await stage.mha.call('hard stop');
  stage.scene.thawAgent('db1');
  assertEnd(end, 10, /UNKNOWN/);
  assert.ok(end.durationMs < hookBoundMs);
  return `exit 10, unknown, after ${Math.round(end.durationMs / 100) / 10} s`;
});

stage.scenario('mysqld of the old master freezes', 'in hard stop before demote', async () => {
  await stage.scene.breakAt('mgr', {'hard stop/before demote': 'stop'});
  const calling = stage.mha.call('hard stop');
  const hook = await stoppedHook(stage.scene);
  await stage.scene.freezeDb('db1');
  const frozenMs = performance.now();
  await stage.scene.mustExec('mgr', ['kill', '-CONT', hook]);
  const holds = async () => (await stage.scene.vipHolders()).includes('db1');
  await poll('db1 without the VIP', async () => ((await holds()) ? undefined : true), {timeoutMs: 5000});
  const ms = Math.round(performance.now() - frozenMs);
  await stage.scene.thawDb('db1');
  assertEnd(await calling, 0, /not yet; once more when the VIP is off/);
  assert.equal(recognise(await stage.scene.states()), 'old master demoted');
  return `its VIP is gone after ${ms} ms, and it is read-only when it wakes up`;
});

stage.scenario(
  'mysqld of the old master freezes',
  'in online stop before commit, then a hard failover at once',
  async () => {
    await stage.scene.breakAt('mgr', {'online stop/before commit': 'stop'});
    const calling = stage.mha.call('online stop');
    const hook = await stoppedHook(stage.scene);
    await stage.scene.breakAt('mgr', {});
    await stage.scene.freezeDb('db1');
    await stage.scene.mustExec('mgr', ['kill', '-KILL', hook]); // its agents begin to undo, and one cannot
    assertEnd(await calling, 137);
    assertEnd(await stage.mha.call('hard stop'), 0, /makes it read-only as soon as it can/);
    assertEnd(await stage.mha.call('hard start'), 0);
    await stage.mha.end(); // its guard finds nothing to put back
    await stage.scene.thawDb('db1');
    await poll(
      'db1 read-only',
      async () => {
        const states = await stage.scene.states().catch(() => undefined);
        return states?.db1.readOnly || undefined;
      },
      {timeoutMs: 10_000},
    );
    await stage.scene.settled();
    const {db1, db2} = await stage.scene.states();
    assert.deepEqual([db1.readOnly, db1.eventScheduler, db1.holdsVip], [true, 'OFF', false]);
    assert.deepEqual([db2.readOnly, db2.holdsVip], [false, true]);
    return 'the hard stop waits until the undo is over, and takes all of it away again';
  },
);

stage.scenario('mysqld of the old master freezes', 'MHA goes behind its stop, and another fails over', async () => {
  assertEnd(await stage.mha.call('online stop'), 0);
  await stage.scene.freezeDb('db1');
  await stage.mha.end();
  const isHealing = ['sh', '-c', 'grep -q \'"purpose":"recover"}\' /var/lib/mha-helper/lab/lock.[0-9]*'];
  await poll('a guard that tries', async () => (await stage.scene.exec('mgr', isHealing)).code === 0 || undefined);
  const mha = await startMha(stage.scene, 'another');
  assertEnd(await mha.call('hard stop'), 0, /is held by process \d+ \(recover\); waiting/);
  assertEnd(await mha.call('hard start'), 0);
  await mha.end();
  await stage.scene.thawDb('db1');
  await stage.scene.settled();
  const {db1, db2} = await stage.scene.states();
  assert.deepEqual([db1.readOnly, db1.holdsVip], [true, false]);
  assert.deepEqual([db2.readOnly, db2.holdsVip], [false, true]);
  return 'the failover waits for its turn, and the guard finds nothing more to do';
});

/** A hard stop that has done everything, and waits before its commit. */
const stopBeforeCommit = async () => {
  await stage.scene.breakAt('mgr', {'hard stop/before commit': 'stop'});
  const calling = stage.mha.call('hard stop');
  const hook = await stoppedHook(stage.scene);
  await stage.scene.breakAt('mgr', {}); // it may come by here once more
  return {calling, goOn: () => stage.scene.mustExec('mgr', ['kill', '-CONT', hook])};
};

stage.scenario('agent of the old master dies and is back', 'in hard stop before commit', async () => {
  const {calling, goOn} = await stopBeforeCommit();
  await stage.scene.killAgent('db1');
  await stage.scene.startAgentAgain('db1');
  await goOn();
  assertEnd(await calling, 0, /once more/);
  assert.equal(recognise(await stage.scene.states()), 'old master demoted');
  return 'done once more';
});

stage.scenario(
  'agent of the old master dies',
  'in hard stop before commit, and is back when MHA has gone on',
  async () => {
    const {calling, goOn} = await stopBeforeCommit();
    await stage.scene.killAgent('db1');
    await goOn();
    assertEnd(await calling, 10, /nobody saw|agent was lost/);
    assertEnd(await stage.mha.call('hard start'), 0);
    await stage.scene.startAgentAgain('db1');
    await stage.assertRest('new master serves');
    return 'it gives nothing back';
  },
);

stage.scenario('host of the old master cut off', 'in hard stop before commit, while MHA goes on', async () => {
  const {calling, goOn} = await stopBeforeCommit();
  await stage.scene.cutOff('db1');
  await goOn();
  assertEnd(await calling, 10);
  assertEnd(await stage.mha.call('hard start'), 0);
  await stage.scene.heal('db1');
  await stage.assertRest('new master serves');
  return 'its agent gives nothing back';
});

stage.scenario('agent of the old master is away for 4 s', 'before hard stop', async () => {
  await stage.scene.killAgent('db1');
  const calling = stage.mha.call('hard stop');
  await wait(4000); // longer than a host that is silent is waited for
  await stage.scene.startAgentAgain('db1');
  assertEnd(await calling, 0, /asking again/);
  assert.equal(recognise(await stage.scene.states()), 'old master demoted');
  return 'waited for, since its host lives';
});

stage.scenario('agent accepts TCP and is silent', 'online stop', async () => {
  await stage.scene.stopAgent('db2');
  const silent = await stage.scene.spawn('db2', [
    process.execPath,
    '-e',
    'require("net").createServer(() => {}).listen(7306)',
  ]);
  const end = await stage.mha.call('online stop');
  silent.kill('SIGKILL');
  await silent.ended;
  assertEnd(end, 1);
  await stage.scene.startAgentAgain('db2');
  await stage.assertRest('as before');
  return `refused after ${Math.round(end.durationMs / 100) / 10} s`;
});
