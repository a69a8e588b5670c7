import assert from 'node:assert/strict';
import {mkdtemp, rm} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterEach, beforeEach, test} from 'node:test';
import type {VipChange} from '../../../agent/operation/change.ts';
import {Journal} from '../../../agent/operation/journal.ts';
import type {NewOperation} from '../../../agent/operation/record.ts';
import {inheritanceOf} from '../../../agent/operation/take-over.ts';
import {undoable} from '../../../agent/operation/undoable.ts';

let directory: string;
let journal: Journal;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'mha-helper-take-over-'));
  journal = await Journal.open(directory);
});
afterEach(async () => {
  await journal.close();
  await rm(directory, {recursive: true});
});

const writable = {kind: 'read_only', before: {readOnly: false, superReadOnly: undefined}} as const;
const vip: VipChange = {
  ...({kind: 'vip', cidr: '10.0.0.1/24', interface: 'eth0', before: 'present'} as const),
  ...{announce: true, sudo: false},
};

const operation = (id: string, epoch: number, changes: Partial<NewOperation> = {}): NewOperation => ({
  ...{id, epoch, cluster: 'shop', port: 3306, purpose: 'online stop', caller: 'controller'},
  ...{openedMs: epoch, deadlineMs: 60_000, bootId: 'boot', bootMs: 1},
  ...changes,
});

const stop = async (id: string, epoch: number, takesOver?: string): Promise<void> => {
  await journal.begin(operation(id, epoch), takesOver);
  if (takesOver === undefined) await journal.willChange(id, [writable, vip]);
  await journal.finish(id, 'committed');
};

const restart = async (): Promise<void> => {
  await journal.close();
  journal = await Journal.open(directory);
};

const asked = (takesOver: string, more: {cluster?: string; port?: number} = {}) => ({
  ...{takesOver, cluster: 'shop', port: 3306},
  ...more,
});

test('a stop that takes over has the changes of the abandoned one to undo, and so has a third, across restarts', async () => {
  await stop('first', 1);
  assert.equal(inheritanceOf(journal, asked('first'))?.id, 'first');
  await stop('second', 2, 'first');
  await stop('third', 3, 'second');
  for (const _ of ['as written', 'as read again']) {
    assert.equal(JSON.stringify(journal.record('third')?.changes), JSON.stringify([writable, vip]));
    await restart();
  }
});

test('an undo of the abandoned stop is an undo of the one that took it over', async () => {
  await stop('first', 1);
  await journal.begin(operation('second', 2), 'first');
  assert.throws(() => undoable(journal, 'first'), {reason: 'BUSY'});
  await journal.finish('second', 'committed');
  assert.equal(undoable(journal, 'first').id, 'second');
  assert.equal(undoable(journal, 'second').id, 'second');
});

test('a stop that takes over and crashes is found open, with all there is to put back', async () => {
  await stop('first', 1);
  await journal.begin(operation('second', 2), 'first');
  await restart();
  assert.equal(journal.record('second')?.state, 'open');
  assert.equal(journal.record('second')?.changes.length, 2);
});

test('what was undone, given up, or followed by another operation is not taken over', async () => {
  await stop('first', 1);
  for (const state of ['undone', 'given_up'] as const) {
    await journal.finish('first', state);
    assert.equal(inheritanceOf(journal, asked('first')), undefined, state);
  }
  await journal.finish('first', 'undo_pending');
  assert.equal(inheritanceOf(journal, asked('first'))?.id, 'first');
  await stop('later', 2);
  assert.equal(inheritanceOf(journal, asked('first')), undefined);
  assert.throws(() => undoable(journal, 'first'), {reason: 'NOT_UNDOABLE'});
});

test('neither another cluster nor another instance inherits', async () => {
  await stop('first', 1);
  assert.equal(inheritanceOf(journal, asked('first', {cluster: 'other'})), undefined);
  assert.equal(inheritanceOf(journal, asked('first', {port: 3307})), undefined);
  assert.equal(inheritanceOf(journal, asked('')), undefined);
});
