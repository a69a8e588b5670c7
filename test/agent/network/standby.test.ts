import assert from 'node:assert/strict';
import {test} from 'node:test';
import type {CommandResult} from '../../../agent/network/command.ts';
import {standBy} from '../../../agent/network/standby.ts';

const done: CommandResult = {stdout: '', stderr: '', exitCode: 0};

test('it reads what it is given once, and nothing when it is dismissed', async () => {
  const read: string[] = [];
  const start = async (input: Promise<string>) => {
    read.push(await input);
    return done;
  };
  const used = standBy(start, {usableMs: 60_000});
  assert.equal(await used.use('rules'), done);
  used.dismiss();
  standBy(start, {usableMs: 60_000}).dismiss();
  await new Promise(setImmediate);
  assert.deepEqual(read, ['rules', '']);
});

test('one that has waited for too long could be ended in its work: it is sent home, and a new one is taken', async () => {
  let read: string | undefined;
  const start = async (input: Promise<string>) => {
    read = await input;
    return done;
  };
  assert.equal(standBy(start, {usableMs: 0}).use('rules'), undefined);
  await new Promise(setImmediate);
  assert.equal(read, '');
});
