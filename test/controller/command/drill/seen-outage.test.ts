import assert from 'node:assert/strict';
import {test} from 'node:test';
import {type StateSample, seenOutage} from '../../../../controller/command/drill/seen-outage.ts';

const state = (role: 'old' | 'new', askedMs: number, takesWrites: boolean): StateSample => ({
  role,
  askedMs,
  answeredMs: askedMs + 5,
  takesWrites,
});
const states = [
  state('old', 0, true),
  state('new', 0, false),
  state('old', 20, true),
  state('old', 40, false),
  state('new', 220, false),
  state('new', 240, true),
  state('new', 260, true),
];

test('writes are away until the new master has them and mysqld greets through the VIP', () => {
  const greetings = [1, 21, 41, 61, 271, 291];
  assert.deepEqual(seenOutage({states, greetings, canGreet: true}), {writesMs: 251, greetingsMs: 210});
});

test('greetings that never stopped for long do not shorten what the agents said', () => {
  const greetings = [1, 21, 41, 61, 81, 201, 221, 241, 261];
  assert.deepEqual(seenOutage({states, greetings, canGreet: true}), {writesMs: 225, greetingsMs: 120});
});

test('without a VIP the agents alone are believed', () => {
  assert.deepEqual(seenOutage({states, greetings: [], canGreet: false}), {writesMs: 225, greetingsMs: undefined});
});

test('what was not seen is not claimed', () => {
  const neverNew = states.filter(({role}) => role === 'old');
  assert.equal(seenOutage({states: neverNew, greetings: [1, 21, 41], canGreet: true}).writesMs, undefined);
  assert.equal(seenOutage({states, greetings: [1], canGreet: true}).writesMs, undefined);
});
