import assert from 'node:assert/strict';
import {appendFile, mkdir, readFile, writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import {test} from 'node:test';
import type {Entry} from '../../../../controller/record/entry.ts';
import {appendEntry, readRecord} from '../../../../controller/record/record-file.ts';
import {recordedCluster} from './recorded-cluster.ts';
import {onlineStop, onlineSwitch, phase, released} from './recorded-phases.ts';

const lineOf = (out: string, id: string): string => out.split('\n').find(line => line.startsWith(`${id} `)) ?? '';

test('a cluster without a failover says so, and so do several', async t => {
  const one = await (await recordedCluster(t)).run('history');
  assert.deepEqual(one, {code: 0, out: 'cluster lab has had no failover that this manager knows of', err: ''});
  const two = await (await recordedCluster(t, {clusters: ['a', 'b']})).run('history');
  assert.equal(two.out, 'there has been no failover that this manager knows of');
  const json = await (await recordedCluster(t)).run('history', '--json');
  assert.deepEqual(JSON.parse(json.out), {total: 0, failovers: []});
});

const preflight = {step: 'preflight', durationMs: 3};
const refusal = {...preflight, result: 'failed', did: 'db2 is writable'} as const;
const demote = {step: 'demote', durationMs: 40};
const undo = {step: 'undo', durationMs: 9};
const brokenDemote = {...demote, result: 'failed'} as const;
const failedStop = (notPutBack: readonly string[]): Entry[] =>
  phase({
    name: 'online stop',
    afterMs: 0,
    result: 'failed',
    exitCode: 1,
    steps: [preflight, brokenDemote, undo],
    notPutBack,
  });

const outcomes: readonly {readonly result: string; readonly of: string; readonly entries: readonly Entry[]}[] = [
  {result: 'done', of: 'a whole switch', entries: onlineSwitch()},
  {result: 'half done', of: 'a stop that nobody continued', entries: onlineStop()},
  {
    result: 'refused',
    of: 'a switch that preflight refused',
    entries: phase({name: 'online stop', afterMs: 0, result: 'failed', steps: [refusal]}),
  },
  {result: 'undone', of: 'a stop that failed and was undone', entries: failedStop([])},
  {result: 'half done', of: 'a stop that could not be undone', entries: failedStop(['db1: read_only stays on'])},
  {
    result: 'recovered',
    of: 'a stop that was put back',
    entries: [...onlineStop(), ...phase({name: 'recover', afterMs: 900, result: 'done', steps: [undo]})],
  },
  {
    result: 'half done',
    of: 'a recovery that refused',
    entries: [...onlineStop(), ...phase({name: 'recover', afterMs: 900, result: 'failed', steps: [refusal]})],
  },
  {
    result: 'half done',
    of: 'a start that failed',
    entries: [...onlineStop(), ...phase({name: 'online start', afterMs: 900, result: 'failed', steps: [refusal]})],
  },
  {
    result: 'done',
    of: 'a start that failed and was finished later',
    entries: [
      ...onlineStop(),
      ...phase({name: 'online start', afterMs: 900, result: 'failed', steps: [refusal]}),
      ...phase({name: 'online start', afterMs: 9000, result: 'done', steps: [preflight]}),
    ],
  },
  {
    result: 'half done',
    of: 'a start whose VIP recover may still place',
    entries: [
      ...onlineStop(),
      ...phase({name: 'online start', afterMs: 900, result: 'incomplete', steps: [preflight]}),
    ],
  },
  {result: 'incomplete', of: 'a record without any phase', entries: []},
];

for (const {result, of, entries} of outcomes) {
  test(`${of} is ${result}`, async t => {
    const cluster = await recordedCluster(t);
    await cluster.write({}, entries);
    const {failovers} = JSON.parse((await cluster.run('history', '--json')).out);
    assert.equal(failovers[0].result, result);
  });
}

const hardOutcomes: readonly {readonly result: string; readonly of: string; readonly entries: readonly Entry[]}[] = [
  {
    result: 'incomplete',
    of: 'a stop after which nobody started',
    entries: phase({name: 'hard stop', afterMs: 0, result: 'done', steps: [demote]}),
  },
  {
    result: 'incomplete',
    of: 'a failover whose old master stays unknown',
    entries: [
      ...phase({
        name: 'hard stop',
        afterMs: 0,
        result: 'incomplete',
        steps: [{...demote, step: 'reach', result: 'failed'}],
      }),
      ...phase({name: 'hard start', afterMs: 9000, result: 'done', steps: [{...demote, step: 'acquire VIP'}]}),
    ],
  },
  {
    result: 'failed',
    of: 'a stop that when_not_fenced = abort ended',
    entries: phase({
      name: 'hard stop',
      afterMs: 0,
      result: 'failed',
      steps: [{...demote, step: 'reach', result: 'failed'}],
    }),
  },
];

for (const {result, of, entries} of hardOutcomes) {
  test(`hard: ${of} is ${result}`, async t => {
    const cluster = await recordedCluster(t);
    await cluster.write({kind: 'hard'}, entries);
    const {failovers} = JSON.parse((await cluster.run('history', '--json')).out);
    assert.equal(failovers[0].result, result);
  });
}

test('a stop whose MHA is alive is under way, not half done', async t => {
  const cluster = await recordedCluster(t);
  const path = await cluster.write({}, onlineStop());
  const stat = await readFile('/proc/self/stat', 'utf8');
  const startTime = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
  const mha = {pid: process.pid, startTime};
  await appendEntry(path, {type: 'guard', pid: 999_999, startTime: '1', mha});
  assert.match((await cluster.run('history')).out, / under way /);
  await appendEntry(path, {type: 'guard', pid: 999_999, startTime: '1', mha: {...mha, startTime: '1'}});
  assert.match((await cluster.run('history')).out, / half done /);
});

test('every failover is one line of 80 columns, newest first, with its times', async t => {
  const cluster = await recordedCluster(t);
  await cluster.write({epoch: 9}, onlineSwitch());
  await cluster.write({epoch: 10, oldMaster: 'database-10:3307', newMaster: 'database-11:3307'}, onlineStop());
  await cluster.write({epoch: 11, kind: 'placement', newMaster: undefined}, []);
  const {code, out} = await cluster.run('history');
  assert.equal(code, 0);
  const lines = out.split('\n');
  assert.deepEqual(
    lines.map(line => line.split(' ')[0]),
    ['ID', 'lab-11', 'lab-10', 'lab-9'],
  );
  for (const line of lines) assert.match(line, /^[\x20-\x7e]{1,80}$/);
  assert.match(
    lineOf(out, 'lab-9'),
    /^lab-9 {3}2026-11-23 04:27 {2}online {2}db1 -> db2 .* done {2,} +855 ms {2}released$/,
  );
  assert.match(lineOf(out, 'lab-11'), / VIP +db1 .*incomplete +0 ms {2}-$/);
});

test('several clusters are listed by time, and --limit says how many are older', async t => {
  const cluster = await recordedCluster(t, {clusters: ['a', 'b']});
  for (const epoch of [1, 2, 3]) {
    await cluster.write({cluster: 'a', epoch}, onlineSwitch());
    await cluster.write({cluster: 'b', epoch: epoch + 10}, onlineSwitch());
  }
  const {out} = await cluster.run('history', '--limit', '4');
  const ids = [...out.matchAll(/^([ab]-\d+) /gm)].map(([, id]) => id);
  assert.deepEqual(ids, ['b-13', 'b-12', 'b-11', 'a-3']);
  assert.match(out, /^2 older: mha-helper history --limit 6$/m);
  assert.match((await cluster.run('history', 'a', '--limit', '1')).out, /^2 older: mha-helper history a --limit 3$/m);
  for (const limit of ['0', '-1', 'all']) assert.equal((await cluster.run('history', '--limit', limit)).code, 2);
});

test('an empty or beheaded record is one unreadable line; the others are shown', async t => {
  const cluster = await recordedCluster(t);
  await cluster.write({epoch: 1}, onlineSwitch());
  await writeFile(join(cluster.stateDir, 'lab', '000000002.jsonl'), '');
  await writeFile(join(cluster.stateDir, 'lab', '000000003.jsonl'), '\n{"type":"failover","id":"lab-3","clus');
  const {code, out} = await cluster.run('history');
  assert.equal(code, 1);
  assert.match(lineOf(out, 'lab-1'), / done /);
  for (const id of ['lab-2', 'lab-3']) assert.match(lineOf(out, id), / unreadable$/);
  assert.match(out, /^! \S+000000003\.jsonl: its first line\s+is\s+missing or torn$/m);
  const shown = await cluster.run('show', 'lab-3');
  assert.equal(shown.code, 1);
  assert.match(shown.err, /lab-3 cannot be read/);
});

test('a torn line and lines that are no entries spoil only themselves', async t => {
  const cluster = await recordedCluster(t);
  const path = await cluster.write({}, onlineStop());
  for (const torn of ['{"type":"phase","pha', 'null', '7', '"text"', '[]', '{"no":"type"}', '{"type":"step"}'])
    await appendFile(path, `\n${torn}`);
  await appendEntry(path, {type: 'end', phase: 'recover', result: 'done', notPutBack: [], atMs: 1});
  assert.equal((await readRecord(path))?.tornLines, 7);
  const {code, out} = await cluster.run('history');
  assert.equal(code, 0);
  assert.match(out, / recovered /);
});

test('a record of an older version, with hardly a field, is listed', async t => {
  const cluster = await recordedCluster(t);
  await mkdir(join(cluster.stateDir, 'lab'), {recursive: true});
  const head = {type: 'failover', id: 'lab-1', cluster: 'lab', epoch: 1, kind: 'online', oldMaster: 'db1:3306'};
  const lines = [head, {type: 'phase', phase: 'online stop'}, {type: 'step', step: 'demote', result: 'ok'}, released];
  await writeFile(join(cluster.stateDir, 'lab', '000000001.jsonl'), lines.map(line => JSON.stringify(line)).join('\n'));
  const {code, out} = await cluster.run('history');
  assert.equal(code, 0);
  assert.match(lineOf(out, 'lab-1'), /^lab-1 {2}unknown +online {2}db1 -> \? +half done +0 ms {2}released$/);
});
