import assert from 'node:assert/strict';
import {readFile, writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import {test} from 'node:test';
import {recordedCluster} from '../history/recorded-cluster.ts';
import {onlineStop, onlineSwitch} from '../history/recorded-phases.ts';

test('a cluster without anything half done needs nothing, with and without --yes', async t => {
  const cluster = await recordedCluster(t);
  const none = await cluster.run('recover', 'lab');
  assert.deepEqual(none, {code: 0, out: 'cluster lab: there has been no failover', err: ''});
  await cluster.write({}, onlineSwitch());
  for (const args of [[], ['--yes']]) {
    const done = await cluster.run('recover', 'lab', ...args);
    assert.deepEqual(done, {code: 0, out: 'cluster lab: failover lab-1 left nothing half done', err: ''});
  }
  const json = JSON.parse((await cluster.run('recover', 'lab', '--json')).out);
  assert.deepEqual(json, {cluster: 'lab', failover: 'lab-1', half_done: null});
});

test('hosts that do not answer are reasons not to, and --yes changes nothing', async t => {
  const cluster = await recordedCluster(t);
  await cluster.run('pki', 'init');
  await cluster.run('pki', 'issue', 'controller');
  const path = await cluster.write({}, onlineStop());
  const shown = await cluster.run('recover', 'lab');
  assert.equal(shown.code, 1);
  assert.match(shown.out, /^failover lab-1 is HALF DONE: db1 -> db2/);
  assert.match(shown.out, /^ {2}- +put back on db1: whatever this failover changed there$/m);
  assert.match(shown.out, /^ {2}NO +agent on db1: nobody listens on 127\.0\.0\.1:1$/m);
  const done = await cluster.run('recover', 'lab', '--yes');
  assert.equal(done.code, 1);
  assert.match(done.out, /FAIL verify/);
  assert.match(await readFile(path, 'utf8'), /"type":"end","phase":"recover","result":"failed"/);
  const json = JSON.parse((await cluster.run('recover', 'lab', '--json')).out);
  assert.equal(json.half_done, 'stopped');
  assert.deepEqual(json.done, null);
});

test('a newest record that cannot be read is no reason to say that all is well', async t => {
  const cluster = await recordedCluster(t);
  await cluster.write({}, onlineSwitch());
  await writeFile(join(cluster.stateDir, 'lab', '000000002.jsonl'), '\n{"type":"fail');
  const {code, err} = await cluster.run('recover', 'lab');
  assert.equal(code, 1);
  assert.match(err, /nobody can tell what is half done: \S+000000002\.jsonl/);
});

test('an unknown cluster is a usage error', async t => {
  assert.equal((await (await recordedCluster(t)).run('recover', 'nowhere')).code, 2);
  assert.equal((await (await recordedCluster(t)).run('recover')).code, 2);
});
