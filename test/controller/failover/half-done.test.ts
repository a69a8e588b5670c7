import assert from 'node:assert/strict';
import {mkdtemp, rm} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {test} from 'node:test';
import {openedOperations, readCurrent, whatIsHalfDone} from '../../../controller/failover/half-done.ts';
import type {Abandoned, Entry} from '../../../controller/record/entry.ts';
import {appendEntries, createRecord} from '../../../controller/record/record-file.ts';

const phase = (name: string): Entry => ({type: 'phase', phase: name, pid: 1, atMs: 1});
const end = (name: string, result: 'done' | 'failed', notPutBack: readonly string[] = []): Entry => ({
  ...{type: 'end', phase: name, result, notPutBack, atMs: 2},
});
const guard: Entry = {type: 'guard', pid: 2, startTime: '1', mha: {pid: 3, startTime: '1'}};
const operation = (operationId: string, host = 'db1'): Entry => ({type: 'operation', host, port: 3306, operationId});
const takesOver = (state: Abandoned['state']): Entry => ({
  ...{type: 'takes_over', failover: 'shop-1', state},
  operations: [{host: 'db1', port: 3306, operationId: 'first'}],
});

const stop = [phase('online stop'), guard, operation('own')];
const stopped = [...stop, end('online stop', 'done')];
const undone = [...stop, end('online stop', 'failed')];
const refused = [phase('online stop'), end('online stop', 'failed')];
const start = phase('online start');

const cases: readonly (readonly [string, ReturnType<typeof whatIsHalfDone>, readonly Entry[]])[] = [
  ['a stop that nobody continued', 'stopped', stopped],
  ['a stop that was killed', 'stopped', stop],
  ['a stop that was undone', 'nothing', undone],
  ['a stop of which something was not put back', 'stopped', [...stop, end('online stop', 'failed', ['the VIP'])]],
  ['a start that was begun', 'starting', [...stopped, start]],
  ['a start that is done', 'nothing', [...stopped, start, end('online start', 'done')]],
  ['a stop that was put back', 'nothing', [...stopped, end('recover', 'done')]],
  ['a stop that another went on with', 'nothing', [...stopped, {type: 'taken_over', by: 'shop-2'}]],
  ['a stop that went on with an abandoned stop', 'stopped', [takesOver('stopped'), ...stopped]],
  ['the same, undone: all is as before both', 'nothing', [takesOver('stopped'), ...undone]],
  ['a stop after a begun start', 'starting', [takesOver('starting'), ...stopped]],
  ['the same, undone: the start stays begun', 'starting', [takesOver('starting'), ...undone]],
  ['the same, refused: the earlier failover tells', 'nothing', [takesOver('starting'), ...refused]],
  [
    'the same, and its start is done',
    'nothing',
    [takesOver('starting'), ...stopped, start, end('online start', 'done')],
  ],
];

for (const [name, expected, entries] of cases) {
  test(`half done after ${name}: ${expected}`, () => assert.equal(whatIsHalfDone({entries}), expected));
}

test('the own operation on a host is to be undone rather than the one it went on with', () => {
  const opened = openedOperations({entries: [takesOver('stopped'), ...stopped, operation('other', 'db2')]});
  assert.deepEqual(
    opened.map(({host, operationId}) => `${host} ${operationId}`),
    ['db1 first', 'db1 own', 'db2 other'],
  );
});

test('a switch that was refused does not hide one that was abandoned, and its number is not given again', async () => {
  const stateDir = await mkdtemp(join(tmpdir(), 'mha-helper-records-'));
  const write = async (epoch: number, entries: readonly Entry[]): Promise<void> => {
    const names = {cluster: 'shop', kind: 'online', oldMaster: 'db1:3306', newMaster: 'db2:3306'} as const;
    const record = await createRecord(stateDir, {id: `shop-${epoch}`, epoch, startedMs: 1, version: '1', ...names});
    await appendEntries(record.path, entries);
  };
  const current = async () => {
    const {record, epoch} = await readCurrent(stateDir, 'shop');
    return [record?.head.epoch, epoch];
  };
  assert.deepEqual(await current(), [undefined, 0]);
  await write(1, stopped);
  await write(2, refused);
  await write(3, [takesOver('stopped'), ...refused]);
  assert.deepEqual(await current(), [1, 3]);
  await write(4, undone);
  assert.deepEqual(await current(), [4, 4]);
  await rm(stateDir, {recursive: true});
});
