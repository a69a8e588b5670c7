import assert from 'node:assert/strict';
import {setTimeout} from 'node:timers/promises';
import {accounts} from '../lab/accounts.ts';
import {poll} from '../lab/poll.ts';
import {recognise} from './expect.ts';
import {findProcesses} from './processes.ts';
import {assertEnd, setStage} from './stage.ts';
import {hold, offerFile, startersOn} from './starters.ts';

const stage = setStage('Starts that are handed over');
const {stopAndWait, startIsDone, stopSeenAt, stopAskedAt, signal, startedBy, askingHook, heldHook, release} =
  startersOn(stage);

const lost = /lost; doing the work here/;

for (const kind of ['online', 'hard'] as const) {
  stage.scenario(`the ${kind} start of a hook that has not loaded`, 'nothing', async () => {
    const program = await heldHook(`${kind} start`);
    const {pid} = await stopAndWait(`${kind} stop`, program);
    await stage.scene.write('mgr', hold, '');
    const ending = stage.mha.call(`${kind} start`, {program});
    await poll('a new master that serves', async () => {
      const {db2} = await stage.scene.states();
      return (db2.holdsVip && !db2.readOnly) || undefined;
    });
    await release();
    assertEnd(await ending, 0, new RegExp(`promote .*writable[\\s\\S]*${kind} start done and verified`));
    assert.equal(await startedBy(), pid);
    await stage.assertRest('new master serves');
    return 'the waiting process has done it before the hook is there';
  });
}

stage.scenario('a start that is handed over', 'nothing; who may see what', async () => {
  const {pid, offer} = await stopAndWait();
  const {socket, nonce} = JSON.parse(offer);
  const modes = await stage.scene.mustExec('mgr', ['stat', '-c', '%a', offerFile, socket]);
  assert.equal(modes.stdout, '600\n600\n');
  const command = await stage.scene.read('mgr', `/proc/${pid}/cmdline`);
  for (const secret of [accounts.mha.password, nonce]) assert.ok(!command.includes(secret), command);
  assertEnd(await stage.mha.call('online start'), 0);
  const {code} = await stage.scene.exec('mgr', ['grep', '-rqF', accounts.mha.password, '/var/lib/mha-helper']);
  assert.equal(code, 1);
  await stage.assertRest('new master serves');
  return 'socket and offer are private, passwords stay with the hook';
});

stage.scenario('a start whose starter is asked', 'nothing', async () => {
  const {pid} = await stopAndWait();
  const end = await stage.mha.call('online start', {program: await askingHook()});
  assertEnd(end, 0, /promote .*writable[\s\S]*online start done and verified/);
  assert.equal(await startedBy(), pid);
  await stage.assertRest('new master serves');
  return 'the waiting process does it';
});

const points = {
  KILL: ['after claim', 'after promote', 'after acquire VIP', 'after commit'],
  STOP: ['after claim', 'after promote'],
} as const;

for (const name of ['KILL', 'STOP'] as const) {
  stage.scenario('a starter that waits', `SIG${name}`, async () => {
    const {pid} = await stopAndWait();
    await signal(name, pid);
    assertEnd(await stage.mha.call('online start'), 0);
    assert.notEqual(await startedBy(), pid);
    await stage.assertRest('new master serves');
    return 'the hook does the work itself';
  });

  for (const point of points[name]) {
    stage.scenario(`a starter that was asked, ${point}`, `SIG${name}`, async () => {
      const {pid, ending} = await stopAskedAt(point);
      await signal(name, pid);
      assertEnd(await ending, 0, lost);
      assert.notEqual(await startedBy(), pid);
      await stage.assertRest('new master serves');
      return 'the hook does the work itself';
    });

    for (const kind of ['online', 'hard'] as const)
      stage.scenario(
        `a starter ${point} of the ${kind} start of a hook that has not loaded`,
        `SIG${name}`,
        async () => {
          const {pid, ending} = await stopSeenAt(point, kind);
          await signal(name, pid);
          await release();
          assertEnd(await ending, 0);
          assert.notEqual(await startedBy(), pid);
          await stage.assertRest('new master serves');
          return 'the hook does the work itself';
        },
      );
  }
}

stage.scenario('a starter after promote that its hook does not find', 'SIGSTOP, and its offer is gone', async () => {
  const {pid, ending} = await stopSeenAt('after promote');
  await stage.scene.mustExec('mgr', ['rm', offerFile]);
  await release();
  assertEnd(await ending, 0);
  assert.notEqual(await startedBy(), pid);
  await stage.assertRest('new master serves');
  return 'the hook ends it, as the holder of the lock, and does the work itself';
});

const hooks = {'that has not loaded': stopSeenAt, 'that has asked': stopAskedAt} as const;

for (const name of ['KILL', 'TERM'] as const) {
  for (const [which, stopAt] of Object.entries(hooks))
    stage.scenario(`a hook ${which}`, `SIG${name} after promote`, async () => {
      const {pid, ending, program} = await stopAt('after promote');
      const found = await findProcesses(stage.scene, 'mgr', program); // the starter has been told its name
      await signal(name, found.find(one => one.pid !== pid)?.pid ?? '');
      assert.notEqual((await ending).code, 0);
      await signal('CONT', pid);
      await release();
      await stage.mha.end();
      await stage.scene.settled();
      assert.equal(recognise(await stage.scene.states()), 'old master demoted');
      assert.equal((await stage.scene.recover()).code, 0);
      await stage.assertRest('new master serves');
      return 'its starter ends with it; recover finishes';
    });
}

stage.scenario('a starter after promote of a hard start', 'SIGKILL, and the undo takes 4 s', async () => {
  const {pid, ending} = await stopSeenAt('after promote', 'hard');
  await stage.scene.freezeDb('db2');
  await signal('KILL', pid);
  await release();
  await setTimeout(4000); // longer than the hook waits for a mysqld that hangs
  await stage.scene.thawDb('db2');
  assertEnd(await ending, 0, /promote .*writable/);
  await stage.assertRest('new master serves');
  return 'the hook waits for it, and does the work itself';
});

stage.scenario('a starter that its hook would not find', 'state_dir is in quotes', async () => {
  const edit = (script: string) => stage.scene.mustExec('mgr', ['sed', '-i', script, '/etc/mha-helper/lab.conf']);
  await edit('s/^\\[default\\]/&\\nstate_dir = "\\/var\\/lib\\/mha-helper"/');
  try {
    const program = await heldHook('online start');
    const {pid} = await stopAndWait('online stop', program);
    await stage.scene.write('mgr', hold, '');
    const ending = stage.mha.call('online start', {program});
    await setTimeout(500); // were it to begin, it would be done
    await release();
    assertEnd(await ending, 0, /promote .*writable/);
    assert.notEqual(await startedBy(), pid);
    await stage.assertRest('new master serves');
    return 'it begins nothing; the hook does the work';
  } finally {
    await edit('/^state_dir = "/d');
  }
});

stage.scenario('a hard start that its starter has done', 'its offer is gone before the hook asks', async () => {
  const program = await heldHook('hard start');
  const {pid} = await stopAndWait('hard stop', program);
  await stage.scene.write('mgr', hold, '');
  const ending = stage.mha.call('hard start', {program});
  await startIsDone();
  const newest = async () => (await stage.scene.newestRecord())?.head.id;
  const before = await newest();
  await stage.scene.mustExec('mgr', ['rm', offerFile]);
  await release();
  assertEnd(await ending, 0, /has done this start already, with exit code 0/);
  assert.equal(await startedBy(), pid);
  assert.equal(await newest(), before);
  await stage.assertRest('new master serves');
  return 'it is not done twice';
});

stage.scenario('two starts at once', 'nothing', async () => {
  await stopAndWait();
  const other = await stage.another('other');
  const ends = await Promise.all([stage.mha.call('online start'), other.call('online start')]);
  await other.end();
  assert.ok(
    ends.some(({code}) => code === 0),
    ends.map(({output}) => output).join('\n'),
  );
  await stage.assertRest('new master serves');
  return 'one new master';
});

stage.scenario('an offer of a dead process', 'its number is another one now', async () => {
  const {pid, offer} = await stopAndWait();
  await signal('KILL', pid);
  await stage.scene.write('mgr', offerFile, JSON.stringify({...JSON.parse(offer), pid: 1}), 0o600);
  assertEnd(await stage.mha.call('online start'), 0);
  await stage.assertRest('new master serves');
  return 'the hook does the work itself';
});

stage.scenario('a configuration that was changed after the stop', 'nothing', async () => {
  const {pid} = await stopAndWait();
  await stage.scene.mustExec('mgr', ['sh', '-c', 'echo "# changed" >> /etc/mha-helper/lab.conf']);
  assertEnd(await stage.mha.call('online start'), 0);
  assert.notEqual(await startedBy(), pid);
  await stage.assertRest('new master serves');
  return 'the hook reads it anew and does the work itself';
});

stage.scenario('a stop that is undone', 'it fails', async () => {
  await stage.scene.breakAt('mgr', {'online stop/before verify': 'fail'});
  assertEnd(await stage.mha.call('online stop'), 1);
  await stage.scene.settled();
  await stage.assertRest('as before');
  return 'nobody waits any more';
});
