import assert from 'node:assert/strict';
import {mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {type TestContext, test} from 'node:test';
import type {Party} from '../../../controller/failover/move.ts';
import {lockCluster} from '../../../controller/record/lock.ts';
import {askAhead} from '../../../controller/starter/ask-ahead.ts';
import type {Prepared} from '../../../controller/starter/run-starter.ts';

const stateDirOf = (t: TestContext): string => {
  const stateDir = mkdtempSync(join(tmpdir(), 'mha-helper-ahead-'));
  t.after(() => rmSync(stateDir, {recursive: true}));
  return stateDir;
};

/** Two masters that count how often they are asked. */
const prepare = (stateDir: string) => {
  const asked: string[] = [];
  const partyOf = (name: string) => ({
    config: {name, port: 3306},
    agent: {
      getStatus: async () => {
        asked.push(name);
        return {operations: [], instances: [], vips: [], epochs: {}, timeMs: Date.now()};
      },
    },
  });
  const cluster = {name: 'lab', stateDir, hookTimeoutMs: 10_000, vip: {type: 'none'}};
  const parties = {oldParty: partyOf('db1'), candidates: [partyOf('db2')]};
  const prepared = {cluster, hook: 'online', newMaster: {}, ...parties} as unknown as Prepared;
  return {prepared, newMaster: parties.candidates[0] as unknown as Party, asked};
};

test('masters that were asked while nobody held the lock are not asked again by who takes it next', async t => {
  const stateDir = stateDirOf(t);
  const lock = await lockCluster(stateDir, 'lab', {purpose: 'the stop'});
  await lock.release();
  const {prepared, newMaster, asked} = prepare(stateDir);
  const {facts} = askAhead(prepared, newMaster);
  const {survey} = await facts({...lock, generation: lock.generation + 1});
  assert.equal(survey.hosts.length, 2);
  assert.deepEqual(asked, ['db1', 'db2']);
});

test('masters are asked again when somebody held the lock after they were asked', async t => {
  const stateDir = stateDirOf(t);
  const lock = await lockCluster(stateDir, 'lab', {purpose: 'the stop'});
  await lock.release();
  const {prepared, newMaster, asked} = prepare(stateDir);
  const {facts} = askAhead(prepared, newMaster);
  await facts({...lock, generation: lock.generation + 2});
  assert.deepEqual(asked, ['db1', 'db2', 'db1', 'db2']);
});

test('masters are not asked before the lock is free', async t => {
  const stateDir = stateDirOf(t);
  const lock = await lockCluster(stateDir, 'lab', {purpose: 'the stop'});
  const {prepared, newMaster, asked} = prepare(stateDir);
  const {facts} = askAhead(prepared, newMaster);
  await facts({...lock, generation: lock.generation + 1});
  assert.deepEqual(asked, ['db1', 'db2']);
});
