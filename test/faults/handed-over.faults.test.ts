import assert from 'node:assert/strict';
import {accounts} from '../lab/accounts.ts';
import {poll} from '../lab/poll.ts';
import {recognise} from './expect.ts';
import type {HookEnd} from './mha-stand-in.ts';
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
const stopAndWait = async (): Promise<Waiting> => {
  assertEnd(await stage.mha.call('online stop'), 0);
  return poll('a starter that waits', async () => {
    const offer = await stage.scene.read('mgr', offerFile).catch(() => '');
    if (offer === '') return undefined;
    const pid = String(JSON.parse(offer).pid);
    // one that was killed in an earlier scenario has left its offer
    const {code} = await stage.scene.exec('mgr', ['kill', '-0', pid]);
    return code === 0 ? {pid, offer} : undefined;
  });
};

const signal = (name: string, pid: string) => stage.scene.mustExec('mgr', ['kill', `-${name}`, pid]);

/** Which process did the last start, by the failover record. */
const startedBy = async (): Promise<string | undefined> => {
  const phases = (await stage.scene.newestRecord())?.entries.filter(entry => entry.type === 'phase') ?? [];
  return String(phases.findLast(({phase}) => phase === 'online start')?.pid);
};

/** On a busy machine a hook may lose patience and do its work itself: that costs time and nothing else, but no test. */
const tries = 5;

/** A start that is handed over and stops there, in its starter. The fault is gone then; `ending` is the hook's. */
const stopStarterAt = async (point: string): Promise<{readonly pid: string; readonly ending: Promise<HookEnd>}> => {
  for (let attempt = 1; ; attempt++) {
    const {pid} = await stopAndWait();
    await stage.scene.breakAt('mgr', {[`online start/${point}`]: 'stop'});
    const ending = stage.mha.call('online start');
    const stopped = await poll('a start that stops itself', async () => {
      const found = await findProcesses(stage.scene, 'mgr', 'dist/controller/bin/');
      return found.find(({isStopped}) => isStopped)?.pid;
    });
    await stage.scene.breakAt('mgr', {});
    if (stopped === pid) return {pid, ending};
    await signal('CONT', stopped);
    await ending;
    assert.ok(attempt < tries, 'the waiting process is never used');
    await stage.assertRest('new master serves');
    await stage.again();
  }
};

stage.scenario('a start that is handed over', 'nothing', async () => {
  for (let attempt = 1; ; attempt++) {
    const {pid} = await stopAndWait();
    const end = await stage.mha.call('online start');
    assertEnd(end, 0, /promote .*writable[\s\S]*online start done and verified/);
    const isHandedOver = (await startedBy()) === pid;
    await stage.assertRest('new master serves');
    if (isHandedOver) return `the waiting process does it (${attempt === 1 ? 'at once' : `in try ${attempt}`})`;
    assert.ok(attempt < tries, 'the waiting process is never used');
    await stage.again();
  }
});

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

const points = {
  KILL: ['after claim', 'after promote', 'after commit'],
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
    stage.scenario(`a starter ${point}`, `SIG${name}`, async () => {
      const {pid, ending} = await stopStarterAt(point);
      await signal(name, pid);
      assertEnd(await ending, 0, lost);
      assert.notEqual(await startedBy(), pid);
      await stage.assertRest('new master serves');
      return 'the hook does the work itself';
    });
  }
}

for (const name of ['KILL', 'TERM'] as const) {
  stage.scenario('a hook whose start is handed over', `SIG${name} after promote`, async () => {
    const {pid, ending} = await stopStarterAt('after promote');
    const [hook] = await findProcesses(stage.scene, 'mgr', 'online_failover_helper.cjs');
    await signal(name, hook?.pid ?? '');
    assert.notEqual((await ending).code, 0);
    await signal('CONT', pid);
    await stage.mha.end();
    await stage.scene.settled();
    assert.equal(recognise(await stage.scene.states()), 'old master demoted');
    assert.equal((await stage.scene.recover()).code, 0);
    await stage.assertRest('new master serves');
    return 'its starter ends with it; recover finishes';
  });
}

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
