import assert from 'node:assert/strict';
import {test} from 'node:test';
import type {WriterReport} from '../../fixtures/writer-protocol.ts';
import {brokenPromises, type Ending} from './judge.ts';
import {type Kind, Score} from './score.ts';

/** Acts in their order; each count is what the client reports in all by then. */
const scoreOf = (...acts: readonly (readonly [Kind, {lost?: number; duplicated?: number}])[]): Score => {
  const score = new Score();
  for (const [kind, {lost = 0, duplicated = 0}] of acts) {
    const report = {acknowledged: 100, lost, duplicated} as WriterReport;
    score.add({kind, title: kind, outageMs: 1, hooksMs: 1}, report);
  }
  return score;
};

const good: Ending = {
  score: scoreOf(['online', {}], ['hard', {}]),
  seen: {looks: 100, twoWritable: 0, twoVips: 0},
  master: 'db1',
  vipHolders: ['db1'],
  lostInAll: 0,
  status: 0,
};

test('a demo in which all went well keeps every promise', () => {
  assert.deepEqual(brokenPromises(good), []);
});

test('rows lost in a hard failover are no broken promise, and are not blamed on the switches before', () => {
  const score = scoreOf(['online', {}], ['hard', {lost: 3}]);
  assert.deepEqual(brokenPromises({...good, score, lostInAll: 3}), []);
});

const breaches: readonly (readonly [string, Partial<Ending>, RegExp])[] = [
  ['a lost row in a planned switch', {score: scoreOf(['online', {lost: 1}]), lostInAll: 1}, /^1 acknowledged rows/],
  ['a row written twice', {score: scoreOf(['hard', {duplicated: 1}])}, /^1 rows were written twice$/],
  ['a row lost after the last act', {lostInAll: 2}, /^2 rows were lost while nothing was switched$/],
  ['two writable masters', {seen: {looks: 9, twoWritable: 1, twoVips: 0}}, /two writable masters$/],
  ['two VIPs', {seen: {looks: 9, twoWritable: 0, twoVips: 1}}, /VIP on two hosts$/],
  ['a blind observer', {seen: {looks: 0, twoWritable: 0, twoVips: 0}}, /saw nothing$/],
  ['a VIP nowhere', {vipHolders: []}, /^the VIP is on no host, not on db1$/],
  ['a VIP on two hosts at the end', {vipHolders: ['db1', 'db2']}, /^the VIP is on db1 and db2/],
  ['a cluster that is not healthy', {status: 2}, /does not call the cluster healthy$/],
];

for (const [what, changes, wanted] of breaches)
  test(`${what} breaks a promise`, () => {
    const broken = brokenPromises({...good, ...changes});
    assert.equal(broken.length, 1, broken.join('; '));
    assert.match(broken[0] ?? '', wanted);
  });
