import assert from 'node:assert/strict';
import {after, before, beforeEach, test} from 'node:test';
import {setTimeout} from 'node:timers/promises';
import {addressKey, parseCidr} from '../../../agent/network/address.ts';
import type {DetectedVip} from '../../../agent/network/detect-duplicate.ts';
import {EarlyDetections} from '../../../agent/network/early-detections.ts';
import {createLan, type Lan, type LanHost} from '../../fixtures/netns.ts';
import {aVip} from '../../fixtures/netns-context.ts';
import {eventually} from '../../fixtures/netns-wait.ts';

let lan: Lan;
let db1: LanHost;
let db2: LanHost;
let early: EarlyDetections;
const vip = aVip();
const key = addressKey(parseCidr(vip.cidr).address);

const begin = (vips: readonly DetectedVip[] = [vip]) => early.expect(vips).get(key);

before(async () => {
  lan = await createLan({hosts: 2});
  [db1, db2] = lan.hosts as [LanHost, LanHost];
});
after(() => lan.dispose());
beforeEach(async () => {
  early = new EarlyDetections(await db1.network());
});

test('an answer of "nobody" is the next one\'s, too', async () => {
  const first = begin();
  assert.deepEqual((await first)?.macs, []);
  assert.equal(begin(), first);
});

test('an address that somebody had is asked for again', async () => {
  db2.exec('ip', 'addr', 'add', vip.cidr, 'dev', 'eth0');
  try {
    assert.deepEqual((await begin())?.macs, [db2.mac]);
  } finally {
    db2.exec('ip', 'addr', 'del', vip.cidr, 'dev', 'eth0');
  }
  assert.deepEqual((await begin())?.macs, []);
});

test('a look while the old holder still has the address is good for when it has released it', async () => {
  db2.exec('ip', 'addr', 'add', vip.cidr, 'dev', 'eth0');
  const first = begin([{...vip, holderMacs: [db2.mac]}]);
  assert.deepEqual((await first)?.macs, []);
  db2.exec('ip', 'addr', 'del', vip.cidr, 'dev', 'eth0');
  assert.equal(begin(), first);
});

test('that look is no good any more when somebody is heard after the release, or after a second', async t => {
  const held = {...vip, holderMacs: ['02:00:00:00:00:99']};
  const whileHeld = begin([held]);
  assert.deepEqual((await whileHeld)?.macs, []);
  db2.exec('ip', 'addr', 'add', vip.cidr, 'dev', 'eth0');
  await eventually(() => (begin() === whileHeld ? undefined : true));
  assert.deepEqual((await begin())?.macs, [db2.mac]);
  db2.exec('ip', 'addr', 'del', vip.cidr, 'dev', 'eth0');
  early.forgetAll();

  const first = begin([held]);
  await first;
  const now = performance.now.bind(performance);
  t.mock.method(performance, 'now', () => now() + 1500);
  const second = begin();
  assert.notEqual(second, first);
  assert.deepEqual((await second)?.macs, []);
  assert.equal(begin(), second); // one that nobody had is good for longer
});

test('whoever asks half a second later hears who has come since', async t => {
  assert.deepEqual((await begin())?.macs, []);
  const now = performance.now.bind(performance);
  t.mock.method(performance, 'now', () => now() + 600);
  db2.exec('ip', 'addr', 'add', vip.cidr, 'dev', 'eth0');
  try {
    const asked = early.expect([vip]);
    // undefined: ask anew. The first answer would be believed for four seconds more.
    const isHeard = async () => (await asked.get(key))?.macs.includes(db2.mac) ?? true;
    const until = now() + 2000;
    while (!(await isHeard()) && now() < until) await setTimeout(20);
    assert.ok(await isHeard());
    assert.deepEqual((await begin())?.macs, [db2.mac]);
  } finally {
    db2.exec('ip', 'addr', 'del', vip.cidr, 'dev', 'eth0');
  }
});

test('an answer that was acted on is forgotten', async () => {
  assert.deepEqual((await begin())?.macs, []);
  early.forget([vip]);
  db2.exec('ip', 'addr', 'add', vip.cidr, 'dev', 'eth0');
  try {
    assert.deepEqual((await begin())?.macs, [db2.mac]);
  } finally {
    db2.exec('ip', 'addr', 'del', vip.cidr, 'dev', 'eth0');
  }
});
