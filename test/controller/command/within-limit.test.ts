import assert from 'node:assert/strict';
import {test} from 'node:test';
import {setImmediate} from 'node:timers/promises';
import {withinLimit} from '../../../controller/command/within-limit.ts';

test('no more than the limit are under way, and the answers keep their order', async () => {
  let underWay = 0;
  let most = 0;
  const answers = await withinLimit([5, 1, 4, 2, 3], 2, async turns => {
    underWay += 1;
    most = Math.max(most, underWay);
    for (let turn = 0; turn < turns; turn++) await setImmediate();
    underWay -= 1;
    return turns * 10;
  });
  assert.deepEqual(answers, [50, 10, 40, 20, 30]);
  assert.equal(most, 2);
});

test('nothing to do is done at once', async () => {
  assert.deepEqual(await withinLimit([], 4, async () => 1), []);
});
