import assert from 'node:assert/strict';
import {mkdtempSync, readdirSync, renameSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {type TestContext, test} from 'node:test';
import type {ClusterConfig} from '../../../controller/config/cluster-config.ts';
import {watch} from '../../../controller/guard/watch.ts';
import {identifyProcess} from '../../../controller/record/process-stat.ts';
import {appendEntries, createRecord} from '../../../controller/record/record-file.ts';

/** No process has this number: MHA is gone. */
const gone = {pid: 2 ** 22 + 1, startTime: '0'};

/** Of a stop that was undone by its own hook; with a configuration that whoever goes on cannot use. */
const undoneStop = async (t: TestContext) => {
  const stateDir = mkdtempSync(join(tmpdir(), 'mha-helper-watch-'));
  t.after(() => rmSync(stateDir, {recursive: true}));
  const head = {kind: 'online', oldMaster: 'db1:3306', newMaster: 'db2:3306', epoch: 1} as const;
  const more = {id: 'lab-1', cluster: 'lab', startedMs: Date.now(), version: '1.0.0', by: 'test'};
  const {path} = await createRecord(stateDir, {...head, ...more});
  await appendEntries(path, [
    {type: 'phase', phase: 'online stop', pid: process.pid, atMs: Date.now()},
    {type: 'end', phase: 'online stop', result: 'failed', notPutBack: [], atMs: Date.now()},
  ]);
  return {cluster: {name: 'lab', stateDir} as unknown as ClusterConfig, path, stateDir};
};

test('a guard whose stop was undone by its own hook does not touch the cluster when MHA is gone', async t => {
  const {cluster, path, stateDir} = await undoneStop(t);
  const said: string[] = [];
  const account = await watch({cluster, recordPath: path, mha: gone, isAgain: false, tell: line => said.push(line)});
  assert.equal(account, undefined);
  assert.deepEqual(said, []);
  assert.deepEqual(readdirSync(join(stateDir, 'lab')), ['000000001.jsonl']); // no lock
});

test('a guard that cannot read its record goes on until it can', async t => {
  const {cluster, path} = await undoneStop(t);
  renameSync(path, `${path}.away`);
  const said: string[] = [];
  const tell = (line: string): void => {
    said.push(line);
    setTimeout(() => renameSync(`${path}.away`, path), 500); // it has looked again by then
  };
  const mha = identifyProcess(process.pid);
  assert.equal(await watch({cluster, recordPath: path, mha, isAgain: false, tell}), undefined);
  assert.equal(said.length, 1);
  assert.match(said[0] ?? '', /ENOENT.*trying again/);
});
