import assert from 'node:assert/strict';
import {type ChildProcess, spawn} from 'node:child_process';
import {once} from 'node:events';
import {join} from 'node:path';
import {createInterface} from 'node:readline';
import {test} from 'node:test';
import {createLab} from './lab.ts';
import {repository} from './namespaces.ts';
import {poll} from './poll.ts';
import {listRecords, readRecord, sweepStaleLabs} from './record.ts';
import {namespacesOf, remainsOf} from './remains.ts';
import {hostNames} from './topology.ts';

const membersOf = async (name: string): Promise<ReadonlySet<string>> => {
  const record = await readRecord(name);
  assert.ok(record, `lab ${name} has no record`);
  return namespacesOf([record.bridge.pid, ...hostNames.map(host => record.hosts[host].pid)]);
};

const isGone = async (members: ReadonlySet<string>): Promise<true | undefined> =>
  (await remainsOf(members)).length === 0 ? true : undefined;

/** A process that makes a lab and does nothing else. */
const startOwner = async (): Promise<{owner: ChildProcess; name: string}> => {
  const program = `import {createLab} from '${join(repository, 'test/lab/lab.ts')}';
    const lab = await createLab();
    const running = await lab.spawn('db1', ['sleep', '1000']);
    console.log(lab.name);
    setInterval(() => running.hasEnded(), 1000);`;
  const args = ['--import', import.meta.resolve('tsx'), '--input-type=module', '-e', program];
  const owner = spawn(process.execPath, args, {stdio: ['ignore', 'pipe', 'inherit']});
  assert.ok(owner.stdout);
  const [name] = await once(createInterface({input: owner.stdout}), 'line');
  return {owner, name};
};

test('a disposed lab leaves no process, namespace, mount or record, with a server frozen and a program running', async () => {
  const lab = await createLab();
  const members = await membersOf(lab.name);
  await lab.freezeDb('db2');
  const running = await lab.spawn('client', ['sleep', '1000']);
  assert.notDeepEqual(await remainsOf(members), [], 'a lab that is up must be seen, or this test proves nothing');
  await lab.dispose();
  await poll('an empty machine', () => isGone(members));
  assert.deepEqual((await running.ended).signal, 'SIGKILL');
  assert.equal(await readRecord(lab.name), undefined);
  await lab.dispose();
});

test('the lab of an owner killed with SIGKILL vanishes by itself, and its record with the next sweep', async () => {
  const {owner, name} = await startOwner();
  const members = await membersOf(name);
  assert.notDeepEqual(await remainsOf(members), []);
  owner.kill('SIGKILL');
  await once(owner, 'exit');
  await poll('an empty machine', () => isGone(members), {timeoutMs: 5000});
  // Another lab that starts meanwhile may have swept it.
  await sweepStaleLabs();
  assert.equal(await readRecord(name), undefined);
});

test('an owner that is told to end takes its lab and its record along', async () => {
  const {owner, name} = await startOwner();
  const members = await membersOf(name);
  owner.kill('SIGTERM');
  assert.deepEqual(await once(owner, 'exit'), [null, 'SIGTERM']);
  assert.equal(await readRecord(name), undefined);
  await poll('an empty machine', () => isGone(members), {timeoutMs: 5000});
});

test('two labs stand side by side with the same addresses', async () => {
  const labs = await Promise.all([createLab(), createLab()]);
  try {
    await Promise.all(labs.map((lab, index) => lab.sql('db1', `INSERT INTO app.seed VALUES (${index + 10})`)));
    const seeds = await Promise.all(
      labs.map(async lab => {
        await lab.catchUp('db3', 'db1');
        return (await lab.sql('db3', 'SELECT id FROM app.seed ORDER BY id')).map(row => row.id);
      }),
    );
    assert.deepEqual(seeds, [
      [1, 10],
      [1, 11],
    ]);
    const names = (await listRecords()).map(record => record.name);
    for (const lab of labs) assert.ok(names.includes(lab.name));
  } finally {
    await Promise.all(labs.map(lab => lab.dispose()));
  }
});
