import assert from 'node:assert/strict';
import {test} from 'node:test';
import type {Instance} from '../../../agent/mysql/instance.ts';
import {InstanceReadings} from '../../../agent/service/instance-readings.ts';
import {InstanceStatus} from '../../../proto/gen/mha_helper/v1/agent.ts';

const instance = {port: 3306} as Instance;
const options = {brief: true, signal: AbortSignal.timeout(10_000)};

/** Readings that end when they are told to, each answering its number as server id. */
const stage = () => {
  const ends: ((how?: Error) => void)[] = [];
  const readings = new InstanceReadings(
    () =>
      new Promise((resolve, reject) => {
        const serverId = ends.length;
        ends.push(error => (error ? reject(error) : resolve(InstanceStatus.fromPartial({serverId}))));
      }),
  );
  return {ends, readings};
};

test('who looks on takes part in a reading that runs, whoever began it', async () => {
  const {ends, readings} = stage();
  const deciding = readings.begin(instance, options);
  const [one, other] = [readings.join(instance, options), readings.join(instance, options)];
  assert.equal(ends.length, 1);
  ends[0]?.();
  assert.deepEqual(
    (await Promise.all([deciding, one, other])).map(({serverId}) => serverId),
    [0, 0, 0],
  );
});

test('who decides never takes part in one that runs', async () => {
  const {ends, readings} = stage();
  const looking = readings.join(instance, options);
  const deciding = readings.begin(instance, options);
  assert.equal(ends.length, 2);
  ends[1]?.();
  assert.equal((await deciding).serverId, 1);
  ends[0]?.();
  assert.equal((await looking).serverId, 0);
});

test('a reading that is over is not handed out again, nor is one that failed', async () => {
  const {ends, readings} = stage();
  const first = readings.join(instance, options);
  ends[0]?.(new Error('x'));
  await assert.rejects(first, /x/);
  const second = readings.join(instance, options);
  ends[1]?.();
  assert.equal((await second).serverId, 1);
});
