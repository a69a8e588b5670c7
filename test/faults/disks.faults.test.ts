import assert from 'node:assert/strict';
import {basename} from 'node:path';
import {listRecords} from '../../controller/record/record-file.ts';
import {poll} from '../lab/poll.ts';
import {recognise} from './expect.ts';
import {hangDirectory} from './hang-directory.ts';
import {stoppedHook} from './processes.ts';
import {assertEnd, setStage} from './stage.ts';

const stage = setStage('Disks that fill up and forget');

for (const [host, directory] of [
  ['db1', '/var/lib/mha-helper-agent'],
  ['mgr', '/var/lib/mha-helper'],
] as const) {
  stage.scenario('disk full', `${directory} on ${host}, online stop`, async () => {
    await stage.scene.mustExec(host, ['sh', '-c', `mount -t tmpfs -o size=64k,mode=700 full ${directory}`]);
    if (host === 'db1') await stage.scene.startAgentAgain('db1');
    await stage.scene.exec(host, ['sh', '-c', `cat /dev/zero >${directory}/fill`]);
    const end = await stage.mha.call('online stop');
    const states = recognise(await stage.scene.states());
    await stage.mha.end();
    await stage.scene.mustExec(host, ['umount', '-l', directory]);
    if (host === 'db1') await stage.scene.startAgentAgain('db1');
    assertEnd(end, 1);
    assert.equal(states, 'as before');
    await stage.assertRest('as before');
    return 'refused before the first change';
  });
}

stage.scenario('disk full', '/var/lib/mha-helper-agent on db1, hard failover', async () => {
  const directory = '/var/lib/mha-helper-agent';
  const status = async () => (await stage.scene.helper('status', 'lab')).stdout;
  await stage.scene.mustExec('db1', ['sh', '-c', `mount -t tmpfs -o size=64k,mode=700 full ${directory}`]);
  await stage.scene.startAgentAgain('db1');
  await stage.scene.exec('db1', ['sh', '-c', `cat /dev/zero >${directory}/fill`]);
  await stage.scene.killAgent('db1');
  await stage.scene.startAgentAgain('db1'); // it is there all the same
  assertEnd(await stage.mha.call('hard stop'), 0, /the journal could not be written \(ENOSPC/);
  assertEnd(await stage.mha.call('hard start'), 0);
  assert.match(await status(), /the journal could not be written/);
  await stage.scene.mustExec('db1', ['rm', `${directory}/fill`]);
  const isWhole = async () => !(await status()).includes('the journal could not be written');
  await poll('a journal that is whole', async () => (await isWhole()) || undefined, {timeoutMs: 20_000});
  const journal = await stage.scene.read('db1', `${directory}/journal.jsonl`);
  await stage.scene.mustExec('db1', ['umount', '-l', directory]);
  await stage.scene.startAgentAgain('db1');
  assert.match(journal, /"state":"committed","makesMaster":false/);
  await stage.assertRest('new master serves');
  return 'done all the same; written down when there is room';
});

stage.scenario('torn journal line', 'agent on db1 killed in online stop', async () => {
  await stage.scene.breakAt('mgr', {'online stop/before verify': 'stop'});
  const calling = stage.mha.call('online stop');
  const hook = await stoppedHook(stage.scene);
  await stage.scene.killAgent('db1');
  await stage.scene.mustExec('db1', ['sh', '-c', `printf '\\n{"type":"cha' >>/var/lib/mha-helper-agent/journal.jsonl`]);
  await stage.scene.startAgentAgain('db1');
  await stage.scene.mustExec('mgr', ['kill', '-CONT', hook]);
  assertEnd(await calling, 1);
  await stage.assertRest('as before');
  return 'the whole lines are undone';
});

stage.scenario('state directory lost', 'on the manager, then on the agents', async () => {
  await stage.switchMasters();
  await stage.assertRest('new master serves');
  const {epoch} = (await stage.scene.newestRecord())?.head ?? {epoch: 0};
  await stage.scene.mustExec('mgr', ['sh', '-c', 'rm -rf /var/lib/mha-helper/*']);
  await stage.again();
  await stage.switchMasters();
  const next = (await stage.scene.newestRecord())?.head.epoch ?? 0;
  assert.ok(next > epoch, `failover ${next} after ${epoch}`);
  await stage.assertRest('new master serves');
  return 'the agents know the number of the last failover';
});

/** Opening a pipe with nobody at the other end waits for ever, as a file on a mount that hangs does. Answers the way back. */
const hangNewestRecord = async (): Promise<() => Promise<unknown>> => {
  const [outside = ''] = await listRecords(stage.scene.pathOf('mgr', '/var/lib/mha-helper'), 'lab');
  const path = `/var/lib/mha-helper/lab/${basename(outside)}`;
  await stage.scene.mustExec('mgr', ['sh', '-c', `mv ${path} ${path}.away && mkfifo ${path}`]);
  return () => stage.scene.mustExec('mgr', ['mv', `${path}.away`, path]);
};

stage.scenario('state directory hangs', 'on the manager, before online stop', async () => {
  await stage.switchMasters();
  await stage.again();
  const mend = await hangNewestRecord();
  assertEnd(await stage.mha.call('online stop'), 137, /the file system has not answered for 5 s/);
  await mend();
  await stage.assertRest('as before');
  return 'refused before the first change';
});

stage.scenario('state directory hangs', 'on the manager, in online stop before its guard', async () => {
  await stage.scene.breakAt('mgr', {'online stop/before guard': 'stop'});
  const calling = stage.mha.call('online stop');
  const hook = await stoppedHook(stage.scene);
  const mend = await hangDirectory(stage.scene, 'mgr', '/var/lib/mha-helper'); // a pipe would have a reader: the guard
  await stage.scene.mustExec('mgr', ['kill', '-CONT', hook]);
  const end = await calling;
  await mend();
  assertEnd(end, 137, /the failover record could not be written/);
  await stage.assertRest('as before');
  return 'given up: the guard could not know what is to be undone';
});
