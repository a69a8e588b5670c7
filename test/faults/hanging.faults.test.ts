import assert from 'node:assert/strict';
import {setTimeout} from 'node:timers/promises';
import {poll} from '../lab/poll.ts';
import {recognise, type Whole} from './expect.ts';
import {hangDirectory} from './hang-directory.ts';
import {findProcesses, stoppedHook} from './processes.ts';
import {assertEnd, setStage} from './stage.ts';
import {hold, startersOn} from './starters.ts';

const stage = setStage('State directories that hang while a starter or a guard is there');
const {stopAndWait, startIsDone, stopSeenAt, signal, startedBy, heldHook, release} = startersOn(stage);

const stateDir = '/var/lib/mha-helper';
const silent = /the file system has not answered for 5 s/;

const whileHanging = async (directory: string, act: () => Promise<void>): Promise<void> => {
  const mend = await hangDirectory(stage.scene, 'mgr', directory);
  const tooLong = setTimeout(60_000, undefined, {ref: false}).then(() => assert.fail('a minute, and it still hangs'));
  try {
    await Promise.race([act(), tooLong]);
  } finally {
    await mend();
  }
};

const starters = () => findProcesses(stage.scene, 'mgr', 'starter.cjs');

/** Whatever its disk does. */
const noStarterIsLeft = () =>
  poll('the end of all starters', async () => (await starters()).length === 0 || undefined, {timeoutMs: 20_000});

const comesTo = (expected: Whole) =>
  poll(
    expected,
    async () => {
      const states = await stage.scene.states();
      try {
        return recognise(states) === expected || undefined;
      } catch {
        return undefined; // a step is not at its end
      }
    },
    {timeoutMs: 20_000},
  );

stage.scenario('a starter that begins', 'the directory hangs before the online stop', async () => {
  await whileHanging(stateDir, async () => {
    assertEnd(await stage.mha.call('online stop'), 137, silent);
    await noStarterIsLeft();
  });
  await stage.assertRest('as before');
  return 'it ends; the stop is refused before the first change';
});

stage.scenario('a starter that waits', 'the directory hangs before the hard start', async () => {
  await stopAndWait('hard stop');
  await whileHanging(stateDir, async () => {
    await noStarterIsLeft();
    assertEnd(await stage.mha.call('hard start'), 137, silent);
    assert.equal(recognise(await stage.scene.states()), 'old master demoted');
  });
  assertEnd(await stage.mha.call('hard start'), 0);
  await stage.assertRest('new master serves');
  return 'it ends; the hook changes nothing and fails; a later one does all';
});

stage.scenario('a starter that its hook hears', 'the directory hangs after promote of the online start', async () => {
  const edit = (script: string) => stage.scene.mustExec('mgr', ['sed', '-i', script, '/etc/mha-helper/lab.conf']);
  await edit('s/^\\[default\\]/&\\ndetect_ms = 5000/');
  try {
    const {pid} = await stopAndWait();
    const ending = stage.mha.call('online start');
    await poll('a hook that hears its starter', async () => {
      const {stdout} = await stage.scene.exec('mgr', ['grep', '-c', `starter.${pid}.sock`, '/proc/net/unix']);
      return Number(stdout) > 1 || undefined; // one listens
    });
    await comesTo('new master writable without VIP');
    await whileHanging(stateDir, async () => {
      assertEnd(await ending, 0, /the failover record could not be written[\s\S]*online start done and verified/);
      await noStarterIsLeft();
    });
    await stage.assertRest('new master serves');
    return 'the start is done without a record; the starter ends';
  } finally {
    await edit('/^detect_ms = 5000$/d');
  }
});

stage.scenario('a starter of a hook that has not loaded', 'the directory hangs before promote', async () => {
  const {pid, ending} = await stopSeenAt('after claim', 'hard');
  await whileHanging(stateDir, async () => {
    await signal('CONT', pid);
    await comesTo('new master serves');
    await release();
    assertEnd(await ending, 137, silent);
    await noStarterIsLeft();
  });
  await stage.assertRest('new master serves');
  return 'the start is done without a record; the hook does not find it, and fails';
});

stage.scenario('a starter that waits for its disk', 'its hook is killed', async () => {
  const {pid, ending, program} = await stopSeenAt('after claim', 'hard');
  await whileHanging(stateDir, async () => {
    await signal('CONT', pid);
    await poll('a starter that waits for its disk', async () => {
      const {stdout} = await stage.scene.exec('mgr', ['sh', '-c', `cat /proc/${pid}/task/*/wchan`]);
      return stdout.includes('fuse') || undefined;
    });
    const found = await findProcesses(stage.scene, 'mgr', program); // the starter has been told its name
    await signal('KILL', found.find(one => one.pid !== pid)?.pid ?? '');
    assert.notEqual((await ending).code, 0);
    await noStarterIsLeft();
  });
  await release();
  assertEnd(await stage.mha.call('hard start'), 0);
  await stage.assertRest('new master serves');
  return 'it ends with its hook, and the lock is free';
});

stage.scenario('a starter that has done its start', 'the directory hangs, and MHA is gone', async () => {
  const program = await heldHook('hard start');
  await stopAndWait('hard stop', program);
  await stage.scene.write('mgr', hold, '');
  stage.mha.call('hard start', {program}).catch(() => {}); // it goes with MHA
  await startIsDone();
  await whileHanging(stateDir, async () => {
    await stage.mha.end();
    await noStarterIsLeft();
  });
  await release();
  await stage.assertRest('new master serves');
  return 'it ends, and leaves its offer behind';
});

stage.scenario('a starter, and another cluster', 'the directory of the other hangs', async () => {
  const others = '/var/lib/others';
  const text = `[default]\nvip_type = none\nstate_dir = ${others}\n# not db1, which is another's\n[db10]\n[db11]\n`;
  const file = '/etc/mha-helper/another.conf';
  await stage.scene.write('mgr', file, text);
  await stage.scene.mustExec('mgr', ['mkdir', '-p', others]);
  try {
    const {pid} = await stopAndWait();
    await whileHanging(others, async () => assertEnd(await stage.mha.call('online start'), 0));
    assert.equal(await startedBy(), pid);
    await stage.assertRest('new master serves');
    return 'nobody looks there';
  } finally {
    await stage.scene.mustExec('mgr', ['rm', file]);
  }
});

const guards = () => findProcesses(stage.scene, 'mgr', 'guard.cjs');

stage.scenario('a guard that watches', 'the directory hangs, and MHA goes meanwhile', async () => {
  assertEnd(await stage.mha.call('online stop'), 0);
  const [first] = await guards();
  await whileHanging(stateDir, async () => {
    const next = async () => (await guards()).every(({pid}) => pid !== first?.pid) && (await guards()).length > 0;
    await poll('another guard', async () => (await next()) || undefined, {timeoutMs: 20_000});
    await stage.mha.end();
  });
  await comesTo('as before');
  await stage.assertRest('as before');
  return 'a new process goes on, and gives writes back when the directory answers';
});

stage.scenario('a guard that watches', 'the directory hangs before the commit of its stop', async () => {
  await stage.scene.breakAt('mgr', {'online stop/before commit': 'stop'});
  const calling = stage.mha.call('online stop');
  const hook = await stoppedHook(stage.scene);
  await whileHanging(stateDir, async () => {
    await signal('CONT', hook);
    assertEnd(await calling, 137, /the failover record could not be written/);
  });
  await stage.assertRest('as before');
  return 'its hook gives up in time, and has undone everything';
});
