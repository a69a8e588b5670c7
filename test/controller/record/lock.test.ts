import assert from 'node:assert/strict';
import {mkdtempSync, readdirSync, rmSync, unlinkSync, writeFileSync} from 'node:fs';
import fs from 'node:fs/promises';
import {syncBuiltinESMExports} from 'node:module';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {type TestContext, test} from 'node:test';
import {ClusterLocked, findFreeGeneration, lockCluster} from '../../../controller/record/lock.ts';
import {identify} from '../../../controller/record/process-on-boot.ts';

const stateDirOf = (t: TestContext): string => {
  const stateDir = mkdtempSync(join(tmpdir(), 'mha-helper-lock-'));
  t.after(() => rmSync(stateDir, {recursive: true}));
  return stateDir;
};

test('a lock tells whether anybody had it since it was seen free', async t => {
  const stateDir = stateDirOf(t);
  const first = await lockCluster(stateDir, 'lab', 'a test');
  assert.equal(await findFreeGeneration(stateDir, 'lab'), undefined);
  await first.release();
  const seen = await findFreeGeneration(stateDir, 'lab');
  assert.equal(seen, first.generation);
  const second = await lockCluster(stateDir, 'lab', 'a test');
  assert.equal(second.generation, first.generation + 1); // nobody
  await second.release();
  await assert.rejects(lockCluster(stateDir, 'lab', 'a test', seen), ClusterLocked); // whoever saw it free is too late
  const third = await lockCluster(stateDir, 'lab', 'a test');
  assert.notEqual(third.generation, first.generation + 1); // somebody
});

test('who makes a generation again that others have made and removed since it looked does not hold the lock', async t => {
  const stateDir = stateDirOf(t);
  const directory = join(stateDir, 'lab');
  await (await lockCluster(stateDir, 'lab', 'a test')).release();
  const other = {...(await identify(process.ppid)), purpose: 'the other'};
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
  await assert.rejects(lockCluster(stateDir, 'lab', 'a test'), (error: Error) => {
    assert.ok(error instanceof ClusterLocked);
    assert.match(error.message, new RegExp(`held by process ${process.ppid} \\(the other\\)`));
    return true;
  });
  assert.deepEqual(readdirSync(directory), ['lock.3']);
});
