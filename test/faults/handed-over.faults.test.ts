import assert from 'node:assert/strict';
import {setTimeout} from 'node:timers/promises';
import {accounts} from '../lab/accounts.ts';
import {poll} from '../lab/poll.ts';
import {recognise} from './expect.ts';
import {type HookEnd, hookProgram, type Phase} from './mha-stand-in.ts';
import {findProcesses} from './processes.ts';
import {assertEnd, setStage} from './stage.ts';

const stage = setStage('Starts that are handed over');

const offerFile = '/var/lib/mha-helper/lab/starter.json';
const lost = /lost; doing the work here/;

interface Waiting {
  readonly pid: string;
  readonly offer: string;
}

/** The stop phase is done, and its starter waits. */
const stopAndWait = async (phase: Phase = 'online stop', program = hookProgram(phase)): Promise<Waiting> => {
  assertEnd(await stage.mha.call(phase, {program}), 0);
  return starterWaits();
};

const starterWaits = (): Promise<Waiting> =>
  poll('a starter that waits', async () => {
    const offer = await stage.scene.read('mgr', offerFile).catch(() => '');
    if (offer === '') return undefined;
    const pid = String(JSON.parse(offer).pid);
    // one that was killed in an earlier scenario has left its offer
    const {code} = await stage.scene.exec('mgr', ['kill', '-0', pid]);
    return code === 0 ? {pid, offer} : undefined;
  });

const signal = (name: string, pid: string) => stage.scene.mustExec('mgr', ['kill', `-${name}`, pid]);

/** Which process did the last start, by the failover record. */
const startedBy = async (): Promise<string | undefined> => {
  const phases = (await stage.scene.newestRecord())?.entries.filter(entry => entry.type === 'phase') ?? [];
  return String(phases.findLast(({phase}) => String(phase).endsWith(' start'))?.pid);
};

/**
 * A hook of another name than the stop's: its starter does not see it come, and is asked. A machine so busy that none is seen
 * would make them all alike.
 */
const askingHook = async (): Promise<string> => {
  await stage.scene.mustExec('mgr', ['ln', '-sf', hookProgram('online start'), '/run/asking-hook.cjs']);
  return '/run/asking-hook.cjs';
};

const hold = '/run/hold-hooks';

/** A hook that its starter sees, but whose program is not loaded for a start while `hold` is there. */
const heldHook = async (phase: Phase): Promise<string> => {
  const program = `/run/held-${phase.split(' ')[0]}-hook.cjs`;
  const wait = `while (process.argv.includes('--command=start') && require('node:fs').existsSync('${hold}'))
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);`;
  const text = `#!/usr/bin/env -S node --use-openssl-ca\n${wait}\nrequire('${hookProgram(phase)}');\n`;
  await stage.scene.write('mgr', program, text, 0o755);
  return program;
};

const release = () => stage.scene.mustExec('mgr', ['rm', '-f', hold]);

const hasStopped = (pid: string) =>
  poll('a starter that stops itself', async () => {
    const found = await findProcesses(stage.scene, 'mgr', 'starter.cjs');
    return found.some(one => one.pid === pid && one.isStopped) || undefined;
  });

interface Stopped extends Waiting {
  readonly ending: Promise<HookEnd>;
  /** Of the hook. */
  readonly program: string;
}

/** A start that its starter has begun and where it stops itself; the hook is there, and not loaded. The fault is gone then. */
const stopSeenAt = async (point: string, kind: 'online' | 'hard' = 'online'): Promise<Stopped> => {
  const program = await heldHook(`${kind} start`);
  const waiting = await stopAndWait(`${kind} stop`, program);
  await stage.scene.write('mgr', hold, '');
  await stage.scene.breakAt('mgr', {[`${kind} start/${point}`]: 'stop'});
  const ending = stage.mha.call(`${kind} start`, {program});
  await hasStopped(waiting.pid);
  await stage.scene.breakAt('mgr', {});
  return {...waiting, ending, program};
};

/** The same in a starter that was asked. */
const stopAskedAt = async (point: string): Promise<Stopped> => {
  const program = await askingHook();
  const waiting = await stopAndWait();
  await stage.scene.breakAt('mgr', {[`online start/${point}`]: 'stop'});
  const ending = stage.mha.call('online start', {program});
  await hasStopped(waiting.pid);
  await stage.scene.breakAt('mgr', {});
  return {...waiting, ending, program};
};

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

stage.scenario('a hard start after a stop that saw the VIP released', 'listening takes a second', async () => {
  const edit = (script: string) => stage.scene.mustExec('mgr', ['sed', '-i', script, '/etc/mha-helper/lab.conf']);
  await edit('s/^\\[default\\]/&\\ndetect_ms = 1000/');
  try {
    await stopAndWait('hard stop');
    await setTimeout(1500); // the new master has listened
    assertEnd(await stage.mha.call('hard start'), 0);
    const steps = (await stage.scene.newestRecord())?.entries.filter(entry => entry.type === 'step');
    const acquired = steps?.find(({step}) => step === 'acquire VIP');
    assert.ok(Number(acquired?.durationMs) < 700, JSON.stringify(acquired));
    await stage.assertRest('new master serves');
    return 'the new master has listened before';
  } finally {
    await edit('/^detect_ms = 1000$/d');
  }
});

stage.scenario('a VIP that somebody put back', 'on the old master, just before the hard start', async () => {
  await stopAndWait('hard stop');
  await setTimeout(1500); // the new master has listened, and heard nobody
  await stage.scene.addVip('db1');
  assertEnd(await stage.mha.call('hard start'), 10, /was not added: the machine with MAC .* answers for it/);
  return 'heard: the VIP is not there twice';
});

stage.scenario('a hard start that its starter has done', 'its offer is gone before the hook asks', async () => {
  const program = await heldHook('hard start');
  const {pid} = await stopAndWait('hard stop', program);
  await stage.scene.write('mgr', hold, '');
  const ending = stage.mha.call('hard start', {program});
  await poll('a start that is done', async () => {
    const {code} = await stage.scene.exec('mgr', ['sh', '-c', 'grep -q exitCode /var/lib/mha-helper/lab/lock.[0-9]*']);
    return code === 0 || undefined;
  });
  const newest = async () => (await stage.scene.newestRecord())?.head.id;
  const before = await newest();
  await stage.scene.mustExec('mgr', ['rm', offerFile]);
  await release();
  assertEnd(await ending, 0, /has done it already/);
  assert.equal(await startedBy(), pid);
  assert.equal(await newest(), before);
  await stage.assertRest('new master serves');
  return 'it is not done twice';
});

stage.scenario('an old master that nobody could reach', 'it is back just before the hard start', async () => {
  await stage.scene.cutOff('db1');
  assertEnd(await stage.mha.call('hard stop'), 10);
  await starterWaits();
  await setTimeout(500); // were it to look ahead, it would have heard nobody by now
  await stage.scene.heal('db1');
  assertEnd(await stage.mha.call('hard start'), 10, /was not added: the machine with MAC .* answers for it/);
  return 'heard: the VIP is not there twice';
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
