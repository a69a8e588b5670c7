import assert from 'node:assert/strict';
import {test} from 'node:test';
import {setTimeout as delay} from 'node:timers/promises';
import {withinWeight} from '../../../controller/command/within-weight.ts';

const counting = () => {
  let underWay = 0;
  const seen = {most: 0};
  const act = async (weight: number): Promise<number> => {
    underWay += weight;
    seen.most = Math.max(seen.most, underWay);
    await delay(2);
    underWay -= weight;
    return weight * 10;
  };
  return {seen, act};
};

const patient = {limit: 6, weightOf: (weight: number) => weight, patienceMs: 60_000};

test('no more than the limit is under way, nobody is left out, and the answers keep their order', async () => {
  const {seen, act} = counting();
  const items = Array.from({length: 50}, (_, index) => (index % 3) + 1);
  assert.deepEqual(
    await withinWeight(items, patient, act),
    items.map(weight => weight * 10),
  );
  assert.ok(seen.most === 6 || seen.most === 5, `${seen.most} at most`);
});

test('what is heavier than the limit comes alone', async () => {
  const {seen, act} = counting();
  assert.deepEqual(await withinWeight([1, 9, 1], patient, act), [10, 90, 10]);
  assert.equal(seen.most, 9);
});

test('those who wait for somebody silent keep nobody from beginning', async () => {
  const ends = new AbortController();
  const silence = new Promise<string>(resolve => ends.signal.addEventListener('abort', () => resolve('late')));
  const wish = {limit: 2, weightOf: () => 1, patienceMs: 20};
  let quick = 0;
  const whole = withinWeight(['silent', 'silent', 'a', 'b', 'c'], wish, async name => {
    if (name === 'silent') return silence;
    quick += 1;
    if (quick === 3) ends.abort(); // the silent ones end only when all others have been served
    return name;
  });
  assert.deepEqual(await whole, ['late', 'late', 'a', 'b', 'c']);
});

test('a failure is the answer, as soon as all have begun', async () => {
  const failing = withinWeight([1, 2, 3], patient, async weight => {
    if (weight === 2) throw new Error('broken');
    return weight;
  });
  await assert.rejects(failing, /broken/);
});

test('nothing to do is done at once', async () => {
  assert.deepEqual(await withinWeight([], patient, async weight => weight), []);
});
