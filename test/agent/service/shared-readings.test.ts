import assert from 'node:assert/strict';
import {test} from 'node:test';
import {setImmediate, setTimeout} from 'node:timers/promises';
import {SharedReadings} from '../../../agent/service/shared-readings.ts';

/** Readings that end when they are told to, each answering its number. */
const stage = () => {
  const ends: (() => void)[] = [];
  const readings = new SharedReadings<number>();
  const ask = (key = 'all'): Promise<number> =>
    readings.read(
      key,
      () =>
        new Promise(resolve => {
          const number = ends.length;
          ends.push(() => resolve(number));
        }),
    );
  return {ends, readings, ask};
};

test('who asks while one runs gets the next one, which begins after the question', async () => {
  const {ends, ask} = stage();
  const first = ask();
  const [second, third] = [ask(), ask()];
  await setImmediate();
  assert.equal(ends.length, 1);
  ends[0]?.();
  assert.equal(await first, 0);
  await setImmediate();
  assert.equal(ends.length, 2);
  const late = ask();
  ends[1]?.();
  assert.deepEqual(await Promise.all([second, third]), [1, 1]);
  await setImmediate();
  ends[2]?.();
  assert.equal(await late, 2);
  assert.equal(ends.length, 3);
});

test('who asks while one hangs does not wait for its end', async () => {
  const {ends, ask} = stage();
  const first = ask();
  const second = ask();
  for (const until = performance.now() + 2000; ends.length < 2 && performance.now() < until; ) await setTimeout(10);
  ends[1]?.();
  assert.equal(await second, 1);
  const third = ask();
  ends[0]?.(); // late: it must not take away what is shared now
  assert.equal(await first, 0);
  const fourth = ask();
  ends[2]?.();
  assert.equal(await third, 2);
  await setImmediate();
  ends[3]?.();
  assert.equal(await fourth, 3);
});

test('once nobody waits, the next question is read at once', async () => {
  const {ends, ask} = stage();
  for (const number of [0, 1, 2]) {
    const answer = ask();
    ends[number]?.();
    assert.equal(await answer, number);
    await setImmediate();
  }
});

test('other questions are read beside it', async () => {
  const {ends, ask} = stage();
  const both = [ask('one'), ask('other')];
  assert.equal(ends.length, 2);
  for (const end of ends) end();
  assert.deepEqual(await Promise.all(both), [0, 1]);
});

test('a reading that fails fails for those who asked for it, and for nobody after them', async () => {
  const readings = new SharedReadings<string>();
  const failing = readings.read('all', async () => {
    throw new Error('gone');
  });
  const next = readings.read('all', async () => 'back');
  await assert.rejects(failing, /gone/);
  assert.equal(await next, 'back');
});
