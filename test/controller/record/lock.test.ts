import assert from 'node:assert/strict';
import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {mkdtempSync, readdirSync, rmSync, unlinkSync, writeFileSync} from 'node:fs';
import fs from 'node:fs/promises';
import {syncBuiltinESMExports} from 'node:module';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {type TestContext, test} from 'node:test';
import type {ProcessIdentity} from '../../../controller/record/entry.ts';
import {ClusterLocked, findFreeGeneration, lockCluster, ServedAlready} from '../../../controller/record/lock.ts';
import {identify} from '../../../controller/record/process-on-boot.ts';
import {identifyProcess, isRunning} from '../../../controller/record/process-stat.ts';

const stateDirOf = (t: TestContext): string => {
  const stateDir = mkdtempSync(join(tmpdir(), 'mha-helper-lock-'));
  t.after(() => rmSync(stateDir, {recursive: true}));
  return stateDir;
};

const wish = {purpose: 'a test'};

test('a lock tells whether anybody had it since it was seen free', async t => {
  const stateDir = stateDirOf(t);
  const first = await lockCluster(stateDir, 'lab', wish);
  assert.equal(await findFreeGeneration(stateDir, 'lab'), undefined);
  await first.release();
  const seenFree = findFreeGeneration(stateDir, 'lab');
  assert.equal(await seenFree, first.generation);
  const second = await lockCluster(stateDir, 'lab', wish);
  assert.equal(second.generation, first.generation + 1); // nobody
  await second.release();
  await assert.rejects(lockCluster(stateDir, 'lab', {...wish, seenFree}), ClusterLocked); // whoever saw it free is too late
  const third = await lockCluster(stateDir, 'lab', wish);
  assert.notEqual(third.generation, first.generation + 1); // somebody
});

/** Holds the lock, in a process of its own, until it is killed. */
const holdElsewhere = async (t: TestContext, stateDir: string, servesUnasked: ProcessIdentity | undefined) => {
  const lockFile = new URL('../../../controller/record/lock.ts', import.meta.url);
  const program = `import {lockCluster} from ${JSON.stringify(lockFile.href)};
    await lockCluster(process.argv[1], 'lab', {purpose: 'the other', servesUnasked: JSON.parse(process.argv[2])});
    console.log('held'); setInterval(() => {}, 60_000);`;
  const argv = [
    '--import',
    'tsx',
    '--input-type=module',
    '-e',
    program,
    stateDir,
    JSON.stringify(servesUnasked ?? null),
  ];
  const child = spawn(process.execPath, argv, {stdio: ['ignore', 'pipe', 'inherit']});
  t.after(() => child.kill('SIGKILL'));
  await once(child.stdout, 'data');
  return child;
};

test('who serves us unasked is ended when we want the lock ourselves', async t => {
  const stateDir = stateDirOf(t);
  const servant = await holdElsewhere(t, stateDir, identifyProcess(process.pid));
  await lockCluster(stateDir, 'lab', wish);
  if (servant.signalCode === null) await once(servant, 'exit');
  assert.equal(servant.signalCode, 'SIGKILL');
});

test('who serves another, or nobody, is left alone', async t => {
  for (const served of [identifyProcess(process.ppid), {...identifyProcess(process.pid), startTime: '1'}, undefined]) {
    const stateDir = stateDirOf(t);
    const other = await holdElsewhere(t, stateDir, served);
    await assert.rejects(lockCluster(stateDir, 'lab', wish), ClusterLocked);
    assert.ok(isRunning(identifyProcess(other.pid ?? 0)));
  }
});

test('what was done for us before we asked is not done again, and what was done for another is', async t => {
  const stateDir = stateDirOf(t);
  const own = identifyProcess(process.pid);
  const servant = await lockCluster(stateDir, 'lab', {...wish, servesUnasked: own});
  servant.leave(10);
  await servant.release();
  await assert.rejects(lockCluster(stateDir, 'lab', wish), (error: Error) => {
    assert.ok(error instanceof ServedAlready);
    assert.equal(error.exitCode, 10);
    return true;
  });
  assert.deepEqual(readdirSync(join(stateDir, 'lab')), ['lock.1']);
  const other = await lockCluster(stateDir, 'other', {...wish, servesUnasked: {...own, startTime: '1'}});
  other.leave(10);
  await other.release();
  await lockCluster(stateDir, 'other', wish);
});

test('a servant that did not come to an end has done nothing', async t => {
  const stateDir = stateDirOf(t);
  const servant = await lockCluster(stateDir, 'lab', {...wish, servesUnasked: identifyProcess(process.pid)});
  await servant.release();
  await lockCluster(stateDir, 'lab', wish);
});

test('who makes a generation again that others have made and removed since it looked does not hold the lock', async t => {
  const stateDir = stateDirOf(t);
  const directory = join(stateDir, 'lab');
  await (await lockCluster(stateDir, 'lab', wish)).release();
  const other = {...identify(process.ppid), purpose: 'the other'};
  const {link} = fs;
  t.after(() => {
    fs.link = link;
    syncBuiltinESMExports();
  });
  fs.link = async (from, to) => {
    // one holder came and went, the next one came: it has removed what was before
    writeFileSync(join(directory, 'lock.3'), JSON.stringify(other));
    unlinkSync(join(directory, 'lock.1'));
    return link(from, to);
  };
  syncBuiltinESMExports();
  await assert.rejects(lockCluster(stateDir, 'lab', wish), (error: Error) => {
    assert.ok(error instanceof ClusterLocked);
    assert.match(error.message, new RegExp(`held by process ${process.ppid} \\(the other\\)`));
    return true;
  });
  assert.deepEqual(readdirSync(directory), ['lock.3']);
});
