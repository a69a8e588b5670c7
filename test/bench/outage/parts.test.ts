import assert from 'node:assert/strict';
import {test} from 'node:test';
import {lengthOf, type Moments, partNames, partsOf, workOf} from './parts.ts';

/** Every part of the work takes 10 ms; the hook starts at 1000. */
const moments: Moments = {
  ...{stopBegan: 1000, stopPlan: 1010, demoteBegan: 1020, readOnly: 1030, demoted: 1040, released: 1050},
  ...{stopEnded: 1060, startBegan: 1070, startPlan: 1080, promoted: 1090, acquired: 1100, announced: 1110},
};

const lengths = (parts: ReturnType<typeof partsOf>): readonly number[] => parts.map(lengthOf);

test('the parts of an outage are together the outage, in the order of time', () => {
  const outage = {fromMs: 1025, toMs: 1117};
  const parts = partsOf(moments, outage);
  assert.deepEqual(
    parts.map(({name}) => name),
    partNames,
  );
  assert.deepEqual(lengths(parts), [0, 0, 5, 10, 10, 10, 10, 10, 10, 10, 10, 7]);
  assert.equal(
    lengths(parts).reduce((sum, ms) => sum + ms),
    lengthOf(outage),
  );
});

test('a client that wrote before the announcement was heard waits for nothing more', () => {
  const parts = partsOf(moments, {fromMs: 1025, toMs: 1105});
  assert.deepEqual(lengths(parts).slice(-3), [10, 5, 0]);
});

test('what was at work before the outage is shown and does not count', () => {
  assert.deepEqual(lengths(workOf(moments, {fromMs: 1025, toMs: 1117})), [...Array(11).fill(10), 7]);
});

test('moments that were written down out of order make no part shorter than nothing', () => {
  const parts = partsOf({...moments, readOnly: 1015}, {fromMs: 1005, toMs: 1117});
  assert.ok(lengths(parts).every(ms => ms >= 0));
  assert.equal(
    lengths(parts).reduce((sum, ms) => sum + ms),
    112,
  );
});
