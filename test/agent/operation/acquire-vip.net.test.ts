import assert from 'node:assert/strict';
import {after, afterEach, before, test} from 'node:test';
import {startDetections} from '../../../agent/network/detect-duplicate.ts';
import type {Network} from '../../../agent/network/network.ts';
import {readVipStatuses} from '../../../agent/network/read-addresses.ts';
import {acquireVip} from '../../../agent/operation/acquire-vip.ts';
import {undoVip} from '../../../agent/operation/undo-vip.ts';
import {Refused} from '../../../agent/refusal.ts';
import type {Vip} from '../../../proto/gen/mha_helper/v1/agent.ts';
import {createLan, type Lan, type LanHost} from '../../fixtures/netns.ts';
import {aVip, recordContext} from '../../fixtures/netns-context.ts';
import {eventually} from '../../fixtures/netns-wait.ts';

let lan: Lan;
let db1: LanHost;
let third: LanHost;
let client: LanHost;
let network: Network;
const signal = new AbortController().signal;

before(async () => {
  lan = await createLan({hosts: 3});
  [db1, third, client] = lan.hosts as [LanHost, LanHost, LanHost];
  network = await db1.network();
  db1.exec('ip', 'link', 'add', 'eth1', 'type', 'bridge');
});
after(() => lan.dispose());
afterEach(() => {
  third.exec('ip', 'addr', 'flush', 'dev', 'eth0', 'to', '10.77.0.50');
  for (const name of ['eth0', 'eth1']) db1.exec('ip', 'addr', 'flush', 'dev', name, 'scope', 'global');
  db1.exec('ip', 'addr', 'add', db1.cidr, 'dev', 'eth0');
  db1.exec('ip', 'addr', 'add', db1.cidr6, 'dev', 'eth0', 'nodad');
});

const add = (cidr: string, name = 'eth0'): string => db1.exec('ip', 'addr', 'add', cidr, 'dev', name);
const now = (): number => performance.timeOrigin + performance.now();
const statusOf = async (vip: Pick<Vip, 'cidr' | 'interface'>) => (await readVipStatuses(network, [vip], signal))[0];

test('a free address is added, read back and announced', async () => {
  const capture = await client.capture('arp host 10.77.0.50');
  const context = recordContext(network);
  const start = now();
  assert.deepEqual(await acquireVip(context, {vips: [aVip({detectMs: 0})]}), {changed: true, notes: []});
  const returned = now();
  assert.deepEqual(db1.addresses(), [db1.cidr, '10.77.0.50/24', db1.cidr6]);
  assert.match(context.lines.join('\n'), /^10\.77\.0\.50\/24 is on eth0 now \(\d+ ms\)$/);
  assert.deepEqual(context.changes, [
    {kind: 'vip', cidr: '10.77.0.50/24', interface: 'eth0', before: 'absent', announce: true, sudo: false},
  ]);
  const frames = await eventually(() => (capture.frames().length >= 2 ? capture.frames() : undefined));
  for (const {atMs, text} of frames.slice(0, 2)) {
    assert.ok(atMs > start && atMs < returned + 1, 'the frames have left when acquireVip answers');
    assert.match(text, new RegExp(`^${db1.mac} > ff:ff:ff:ff:ff:ff`));
  }
});

test('another host learns the address within 100 ms of its being there', async () => {
  third.exec('ip', 'addr', 'add', '10.77.0.50/24', 'dev', 'eth0');
  client.exec('bash', '-c', 'echo > /dev/udp/10.77.0.50/9');
  await eventually(() => (client.exec('ip', 'neigh', 'show', '10.77.0.50').includes(third.mac) ? true : undefined));
  third.exec('ip', 'addr', 'del', '10.77.0.50/24', 'dev', 'eth0');
  await acquireVip(recordContext(network), {vips: [aVip({detectMs: 0})]});
  const added = now();
  while (!client.exec('ip', 'neigh', 'show', '10.77.0.50').includes(db1.mac)) {
    assert.ok(now() - added < 100, client.exec('ip', 'neigh', 'show', '10.77.0.50'));
  }
});

test('an address that is in place is success, nothing is journalled, and it is announced', async () => {
  add('10.77.0.50/24');
  const capture = await client.capture('arp host 10.77.0.50');
  const context = recordContext(network);
  assert.deepEqual(await acquireVip(context, {vips: [aVip()]}), {changed: false, notes: []});
  assert.deepEqual(context.changes, []);
  assert.deepEqual(context.lines, ['10.77.0.50/24 is on eth0 already']);
  await eventually(() => capture.frames().find(({text}) => text.includes(`is-at ${db1.mac}`)));
});

test('a wrong prefix length and a wrong interface are put right, and undone the same way', async () => {
  db1.exec('ip', 'link', 'set', 'eth1', 'up');
  add('10.77.0.50/32');
  add('10.77.0.50/25', 'eth1');
  const context = recordContext(network);
  assert.equal((await acquireVip(context, {vips: [aVip()]})).changed, true);
  assert.deepEqual(db1.addresses(), [db1.cidr, '10.77.0.50/24', db1.cidr6]);
  assert.deepEqual(db1.addresses('eth1'), []);
  for (const change of context.changes.toReversed()) await undoVip(change, {network, signal});
  assert.deepEqual(db1.addresses(), [db1.cidr, '10.77.0.50/32', db1.cidr6]);
  assert.deepEqual(db1.addresses('eth1'), ['10.77.0.50/25']);
});

test('an address that a third host answers for is refused by its MAC, and nothing is added', async () => {
  third.exec('ip', 'addr', 'add', '10.77.0.50/24', 'dev', 'eth0');
  const context = recordContext(network);
  await assert.rejects(acquireVip(context, {vips: [aVip()]}), (error: unknown) => {
    assert.ok(error instanceof Refused);
    assert.equal(error.reason, 'VIP_IN_USE');
    assert.match(error.message, new RegExp(third.mac));
    return true;
  });
  third.exec('ip', 'addr', 'del', '10.77.0.50/24', 'dev', 'eth0');
  assert.deepEqual(db1.addresses(), [db1.cidr, db1.cidr6]);
  assert.deepEqual(context.changes, []);
});

test('a detection that began with the operation is not waited for again', async () => {
  const vips = [aVip({detectMs: 900})];
  const detections = startDetections(network, vips, signal);
  await Promise.all(detections.values());
  const start = performance.now();
  await acquireVip(recordContext(network), {vips}, detections);
  assert.ok(performance.now() - start < 850, 'no second detection');
});

test('an old master that was heard early and has released since does not refuse', async () => {
  third.exec('ip', 'addr', 'add', '10.77.0.50/24', 'dev', 'eth0');
  const vips = [aVip()];
  const detections = startDetections(network, vips, signal);
  const heard = await Promise.all(detections.values());
  assert.deepEqual(heard[0]?.macs, [third.mac]);
  third.exec('ip', 'addr', 'del', '10.77.0.50/24', 'dev', 'eth0');
  assert.equal((await acquireVip(recordContext(network), {vips}, detections)).changed, true);
});

test('an interface that is not there is refused with those that are', async () => {
  await assert.rejects(
    acquireVip(recordContext(network), {vips: [aVip({interface: 'ens3'})]}),
    /no interface ens3; it has lo, .*eth0/,
  );
});

test('an interface without link is refused', async () => {
  db1.exec('ip', 'link', 'set', 'eth1', 'down');
  await assert.rejects(
    acquireVip(recordContext(network), {vips: [aVip({interface: 'eth1'})]}),
    /10\.77\.0\.50\/24 was not added: the link of eth1 is down/,
  );
  assert.deepEqual(db1.addresses('eth1'), []);
});

test('without arping the address is there, with notes', async () => {
  const bare = await db1.network({directories: ['/usr/sbin', '/nonexistent']});
  assert.equal(bare.tools.arpingKind, 'none');
  const {changed, notes} = await acquireVip(recordContext(bare), {vips: [aVip()]});
  assert.equal(changed, true);
  assert.match(notes.join('\n'), /no duplicate address detection: arping is missing/);
  assert.match(notes.join('\n'), /was not announced on eth0: arping is missing/);
  assert.ok(db1.addresses().includes('10.77.0.50/24'));
});

test('IPv4 and IPv6 are acquired together and usable at once', async () => {
  const vips = [aVip(), aVip({cidr: '2001:DB8:77::50/64'})];
  const context = recordContext(network);
  assert.equal((await acquireVip(context, {vips})).changed, true);
  assert.ok(db1.addresses().includes('2001:db8:77::50/64'));
  assert.doesNotMatch(db1.exec('ip', 'addr', 'show', 'dev', 'eth0'), /tentative/);
  assert.deepEqual(await acquireVip(recordContext(network), {vips}), {changed: false, notes: []});
});

test('the address is known as eth0:vip; a label it had elsewhere comes back with it', async () => {
  db1.exec('ip', 'link', 'set', 'eth1', 'up');
  db1.exec('ip', 'addr', 'add', '10.77.0.50/24', 'dev', 'eth1', 'label', 'eth1:0');
  const context = recordContext(network);
  await acquireVip(context, {vips: [aVip({detectMs: 0})]});
  assert.match(db1.exec('ip', 'addr', 'show', 'label', 'eth0:vip'), /inet 10\.77\.0\.50\/24 /);
  for (const change of context.changes.toReversed()) await undoVip(change, {network, signal});
  assert.match(db1.exec('ip', 'addr', 'show', 'label', 'eth1:0'), /inet 10\.77\.0\.50\/24 /);
  assert.ok(!db1.addresses().includes('10.77.0.50/24'));
});

test('an interface whose name leaves no room for a label carries the address without one', async () => {
  for (const [name, label] of [
    ['eleven-char', 'eleven-char:vip'],
    ['twelve-chars', 'twelve-chars'],
  ] as const) {
    db1.exec('ip', 'link', 'add', name, 'type', 'bridge');
    db1.exec('ip', 'link', 'set', name, 'up');
    const vips = [aVip({interface: name, detectMs: 0, announce: false})];
    assert.equal((await acquireVip(recordContext(network), {vips})).changed, true);
    assert.match(db1.exec('ip', 'addr', 'show', 'dev', name), new RegExp(`10\\.77\\.0\\.50/24 .* ${label}$`, 'm'));
    db1.exec('ip', 'link', 'del', name);
  }
});

test('undo takes an acquired address off, and a second undo changes nothing', async () => {
  const context = recordContext(network);
  await acquireVip(context, {vips: [aVip()]});
  const [change] = context.changes;
  assert.ok(change);
  assert.match(await undoVip(change, {network, signal}), /^10\.77\.0\.50\/24 was removed from eth0 again/);
  assert.deepEqual(db1.addresses(), [db1.cidr, db1.cidr6]);
  assert.match(await undoVip(change, {network, signal}), /^10\.77\.0\.50\/24 is not on eth0: nothing to remove$/);
  assert.deepEqual(db1.addresses(), [db1.cidr, db1.cidr6]);
});

test('status tells where the address is, however it is written', async () => {
  add('10.77.0.50/32');
  assert.deepEqual(await statusOf(aVip()), {
    cidr: '10.77.0.50/24',
    present: true,
    interface: 'eth0',
    mac: db1.mac,
    wouldLose: [],
    prefixLength: 32,
  });
  const absent = await statusOf(aVip({cidr: '10.77.0.5/24'}));
  assert.deepEqual([absent?.present, absent?.prefixLength, absent?.interface], [false, 0, 'eth0']);
  const own = await statusOf(aVip({cidr: '2001:0DB8:0077::0001/64'}));
  assert.equal(own?.present, true);
});

test('status names the addresses that would go along', async () => {
  add('10.77.0.50/24');
  const own = await statusOf({cidr: db1.cidr, interface: 'eth0'});
  assert.deepEqual(own?.wouldLose, ['10.77.0.50/24']);
});
