import assert from 'node:assert/strict';
import {spawnSync} from 'node:child_process';
import {appendFile, mkdtemp, readFile, rm} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterEach, beforeEach, test} from 'node:test';
import {Journal} from '../../../agent/operation/journal.ts';
import {isMaster} from '../../../agent/operation/mastership.ts';
import type {NewOperation} from '../../../agent/operation/record.ts';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'mha-helper-journal-'));
});
afterEach(() => rm(directory, {recursive: true}));

const operation = (changes: Partial<NewOperation> = {}): NewOperation => ({
  id: 'one',
  cluster: 'test',
  epoch: 7,
  port: 3306,
  purpose: 'online stop',
  caller: 'controller',
  openedMs: 1,
  deadlineMs: 60_000,
  bootId: 'boot',
  bootMs: 1,
  ...changes,
});

const change = {kind: 'read_only', before: {readOnly: false, superReadOnly: undefined}} as const;

test('what was written is there after a restart, whatever the process was doing', async () => {
  const journal = await Journal.open(directory);
  await journal.begin(operation());
  await journal.willChange('one', [change]);
  // no close: the process was killed
  const again = await Journal.open(directory);
  assert.equal(again.record('one')?.state, 'open');
  assert.deepEqual(again.record('one')?.changes, [{kind: 'read_only', before: {readOnly: false}}]);
  await again.close();
  await journal.close();
});

test('a torn last line is a change that never began', async () => {
  const journal = await Journal.open(directory);
  await journal.begin(operation());
  await journal.close();
  await appendFile(join(directory, 'journal.jsonl'), '\n{"type":"change","id":"one","chan');
  const again = await Journal.open(directory);
  assert.equal(again.unreadableLines, 1);
  assert.deepEqual(again.record('one')?.changes, []);
  await again.willChange('one', [change]);
  await again.close();
  const third = await Journal.open(directory);
  assert.equal(third.record('one')?.changes.length, 1);
  await third.close();
});

test('the highest epoch of a cluster outlives its operations', async () => {
  const journal = await Journal.open(directory);
  await journal.begin(operation({epoch: 9}));
  await journal.finish('one', 'committed');
  await journal.begin(operation({id: 'two', epoch: 8, cluster: 'other'}));
  await journal.finish('two', 'undone');
  await journal.close();
  const again = await Journal.open(directory);
  assert.equal(again.epoch('test'), 9);
  assert.equal(again.epoch('other'), 8);
  assert.equal(again.epoch('unknown'), 0);
  await again.close();
});

test('a restart keeps the last committed operation of an instance and drops older ones', async () => {
  const journal = await Journal.open(directory);
  for (const id of ['one', 'two']) {
    await journal.begin(operation({id}));
    await journal.finish(id, 'committed');
  }
  await journal.close();
  const again = await Journal.open(directory);
  assert.deepEqual(
    again.records().map(({id}) => id),
    ['two'],
  );
  assert.ok(!(await readFile(join(directory, 'journal.jsonl'), 'utf8')).includes('"one"'));
  await again.close();
});

test('a journal that cannot be written refuses, and the refused line is not believed', async () => {
  const journal = await Journal.open(directory);
  await journal.begin(operation());
  await journal.close(); // as good as a disk that is gone
  await assert.rejects(journal.willChange('one', [change]), {name: 'Refused', reason: 'JOURNAL'});
  assert.deepEqual(journal.record('one')?.changes, []);
});

test('what takes writes from a dead master is kept in memory where the disk will not have it', async () => {
  const journal = await Journal.open(directory);
  await journal.close(); // as good as a disk that is gone
  await journal.begin(operation({keepsWhenLost: true}));
  await journal.willChange('one', [change]);
  await journal.finish('one', 'committed', {makesMaster: false});
  const {state, changes, makesMaster} = journal.record('one') ?? {};
  assert.deepEqual({state, changes, makesMaster}, {state: 'committed', changes: [change], makesMaster: false});
  assert.equal(journal.behind, 'the journal is closed');
  await assert.rejects(journal.begin(operation({id: 'two', epoch: 9})), {reason: 'JOURNAL'});
});

test('a disk that hangs is waited for once, and not by what takes writes from a dead master', async () => {
  const journal = await Journal.open(directory);
  // Opening a pipe with nobody at the other end waits for ever.
  spawnSync('mkfifo', [join(directory, 'journal.jsonl.new')]);
  await journal.begin(operation());
  await journal.willChange(
    'one',
    Array.from({length: 30_000}, () => change),
  );
  await journal.finish('one', 'undone'); // more than 1 MiB: it is written anew
  assert.equal(journal.behind, 'the file system does not answer');
  const beganMs = performance.now();
  await assert.rejects(journal.begin(operation({id: 'two', epoch: 8})), {reason: 'JOURNAL'});
  await journal.begin(operation({id: 'three', epoch: 9, keepsWhenLost: true}));
  assert.equal(journal.record('three')?.state, 'open');
  assert.ok(performance.now() - beganMs < 500);
  await readFile(join(directory, 'journal.jsonl.new')); // lets go what waits
  await journal.close();
});

const demotion = {superReadOnly: true, excludeUsers: ['backup']};

test('a pending demotion outlives restarts and later operations until one settles it', async () => {
  const journal = await Journal.open(directory);
  await journal.begin(operation());
  await journal.willDemote('one', demotion);
  await journal.finish('one', 'committed');
  await journal.begin(operation({id: 'two', epoch: 8}));
  await journal.finish('two', 'committed');
  await journal.close();
  const again = await Journal.open(directory);
  assert.deepEqual(again.record('one')?.pendingDemotion, demotion);
  await again.begin(operation({id: 'three', epoch: 9}));
  await again.finish('three', 'committed', {settles: ['one']});
  assert.equal(again.record('one')?.pendingDemotion, undefined);
  await again.close();
  const third = await Journal.open(directory);
  assert.deepEqual(
    third.records().map(({id, pendingDemotion}) => [id, pendingDemotion]),
    [['three', undefined]],
  );
  await third.close();
});

test('a torn commit settles nothing', async () => {
  const journal = await Journal.open(directory);
  await journal.begin(operation());
  await journal.willDemote('one', demotion);
  await journal.finish('one', 'committed');
  await journal.begin(operation({id: 'two', epoch: 8}));
  await journal.close();
  await appendFile(join(directory, 'journal.jsonl'), '\n{"type":"state","id":"two","state":"committed","settles":["on');
  const again = await Journal.open(directory);
  assert.equal(again.record('two')?.state, 'open');
  assert.deepEqual(again.record('one')?.pendingDemotion, demotion);
  await again.close();
});

test('who is master outlives restarts and later operations that say nothing of it, and what was undone does not count', async () => {
  const journal = await Journal.open(directory);
  await journal.begin(operation());
  await journal.finish('one', 'committed', {makesMaster: true});
  await journal.begin(operation({id: 'two'}));
  await journal.finish('two', 'committed');
  await journal.begin(operation({id: 'three'}));
  await journal.finish('three', 'committed', {makesMaster: false});
  assert.equal(isMaster(journal.records(), 3306), false);
  await journal.finish('three', 'undone');
  await journal.close();
  const again = await Journal.open(directory);
  assert.equal(isMaster(again.records(), 3306), true);
  assert.equal(isMaster(again.records(), 3307), false);
  await again.begin(operation({id: 'four'}));
  await again.finish('four', 'committed', {makesMaster: false});
  await again.finish('four', 'undo_pending'); // nobody knows what is left of it
  assert.equal(isMaster(again.records(), 3306), false);
  await again.close();
});

test('a leave in order counts for the next life only', async () => {
  const journal = await Journal.open(directory);
  assert.equal(journal.isNew, true);
  await journal.leave({ports: [3306], vips: ['10.0.0.50/24'], atMs: 1});
  await journal.close();
  const again = await Journal.open(directory);
  assert.deepEqual(again.left?.ports, [3306]);
  assert.equal(again.isNew, false);
  await again.close();
  const third = await Journal.open(directory);
  assert.equal(third.left, undefined);
  await third.close();
});
