import assert from 'node:assert/strict';
import {after, afterEach, before, test} from 'node:test';
import {announce} from '../../../agent/network/announce.ts';
import type {Network} from '../../../agent/network/network.ts';
import type {VipChange} from '../../../agent/operation/change.ts';
import {releaseVip} from '../../../agent/operation/release-vip.ts';
import {undoVip} from '../../../agent/operation/undo-vip.ts';
import {Refused} from '../../../agent/refusal.ts';
import {createLan, type Lan, type LanHost} from '../../fixtures/netns.ts';
import {aVip, recordContext} from '../../fixtures/netns-context.ts';
import {eventually} from '../../fixtures/netns-wait.ts';

let lan: Lan;
let db1: LanHost;
let client: LanHost;
let network: Network;
const signal = new AbortController().signal;

before(async () => {
  lan = await createLan({hosts: 2});
  [db1, client] = lan.hosts as [LanHost, LanHost];
  network = await db1.network();
  db1.exec('ip', 'link', 'add', 'eth1', 'type', 'bridge');
  db1.exec('ip', 'link', 'set', 'eth1', 'up');
});
after(() => lan.dispose());
afterEach(() => {
  for (const name of ['eth0', 'eth1']) db1.exec('ip', 'addr', 'flush', 'dev', name, 'scope', 'global');
  db1.exec('ip', 'addr', 'add', db1.cidr, 'dev', 'eth0');
  db1.exec('ip', 'addr', 'add', db1.cidr6, 'dev', 'eth0', 'nodad');
  promote('0');
});

const add = (cidr: string, name = 'eth0', ...more: string[]): string =>
  db1.exec('ip', 'addr', 'add', cidr, 'dev', name, ...more);
const promote = (value: string): string => db1.exec('sysctl', '-qw', `net.ipv4.conf.eth0.promote_secondaries=${value}`);

test('an address that is there goes, and the host keeps its own', async () => {
  add('10.77.0.50/24');
  const context = recordContext(network);
  assert.deepEqual(await releaseVip(context, {vips: [aVip()]}), {changed: true, notes: []});
  assert.deepEqual(db1.addresses(), [db1.cidr, db1.cidr6]);
  assert.match(context.lines.join('\n'), /^10\.77\.0\.50\/24 removed from eth0 \(\d+ ms\)$/);
  assert.deepEqual(context.changes, [
    {kind: 'vip', cidr: '10.77.0.50/24', interface: 'eth0', before: 'present', announce: true, sudo: false},
  ]);
});

test('an address that is not there is success, and nothing is journalled', async () => {
  const context = recordContext(network);
  assert.deepEqual(await releaseVip(context, {vips: [aVip()]}), {changed: false, notes: []});
  assert.deepEqual(context.lines, ['10.77.0.50/24 is not on this host: nothing to remove']);
  assert.deepEqual(context.changes, []);
});

test('an address that only looks alike stays', async () => {
  add('10.77.0.5/24');
  assert.equal((await releaseVip(recordContext(network), {vips: [aVip()]})).changed, false);
  assert.ok(db1.addresses().includes('10.77.0.5/24'));
});

test('the same address with another prefix length and on another interface goes as well', async () => {
  add('10.77.0.50/32');
  add('10.77.0.50/24');
  add('10.77.0.50/25', 'eth1');
  const context = recordContext(network);
  const {changed, notes} = await releaseVip(context, {vips: [aVip()]});
  assert.equal(changed, true);
  assert.deepEqual(db1.addresses(), [db1.cidr, db1.cidr6]);
  assert.deepEqual(db1.addresses('eth1'), []);
  assert.equal(context.changes.length, 3);
  assert.deepEqual(notes.toSorted(), [
    '10.77.0.50/24 belongs on eth0, but was found as 10.77.0.50/25 on eth1',
    '10.77.0.50/24 belongs on eth0, but was found as 10.77.0.50/32 on eth0',
  ]);
});

test('several addresses go together, IPv6 written in another way among them', async () => {
  add('10.77.0.50/24');
  add('10.77.0.51/24');
  add('2001:db8:77::50/64', 'eth0', 'nodad');
  const vips = ['10.77.0.50/24', '10.77.0.51/24', '2001:DB8:77:0::0050/64'].map(cidr => aVip({cidr}));
  const context = recordContext(network);
  assert.equal((await releaseVip(context, {vips})).changed, true);
  assert.deepEqual(db1.addresses(), [db1.cidr, db1.cidr6]);
  assert.equal(context.lines.length, 3);
});

/** The VIP came first, so the host's own address hangs on it. */
const makeVipPrimary = (): void => {
  db1.exec('ip', 'addr', 'del', db1.cidr, 'dev', 'eth0');
  add('10.77.0.50/24');
  add(db1.cidr);
};

test('where removing would take the own address along it is refused, and nothing changes', async () => {
  makeVipPrimary();
  const context = recordContext(network);
  await assert.rejects(releaseVip(context, {vips: [aVip()]}), (error: unknown) => {
    assert.ok(error instanceof Refused);
    assert.equal(error.reason, 'WOULD_LOSE_ADDRESS');
    assert.match(error.message, /removing 10\.77\.0\.50\/24 from eth0 would remove 10\.77\.0\.1\/24 too/);
    assert.match(error.hint, /sysctl -w net\.ipv4\.conf\.eth0\.promote_secondaries=1/);
    return true;
  });
  assert.deepEqual(db1.addresses(), ['10.77.0.50/24', db1.cidr, db1.cidr6]);
  assert.deepEqual(context.changes, []);
});

test('with promote_secondaries = 1 the same layout loses only the VIP', async () => {
  makeVipPrimary();
  promote('1');
  assert.equal((await releaseVip(recordContext(network), {vips: [aVip()]})).changed, true);
  assert.deepEqual(db1.addresses(), [db1.cidr, db1.cidr6]);
});

test('the same switch for all interfaces counts as well', async () => {
  makeVipPrimary();
  db1.exec('sysctl', '-qw', 'net.ipv4.conf.all.promote_secondaries=1');
  assert.equal((await releaseVip(recordContext(network), {vips: [aVip()]})).changed, true);
  db1.exec('sysctl', '-qw', 'net.ipv4.conf.all.promote_secondaries=0');
  assert.deepEqual(db1.addresses(), [db1.cidr, db1.cidr6]);
});

test('a VIP with a prefix length of its own takes nothing along, whatever came first', async () => {
  db1.exec('ip', 'addr', 'del', db1.cidr, 'dev', 'eth0');
  add('10.77.0.50/32');
  add(db1.cidr);
  const vips = [aVip({cidr: '10.77.0.50/32'})];
  assert.equal((await releaseVip(recordContext(network), {vips})).changed, true);
  assert.deepEqual(db1.addresses(), [db1.cidr, db1.cidr6]);
});

test('an undo does not take the own address along, either, and says what to do', async () => {
  makeVipPrimary();
  const here = {cidr: '10.77.0.50/24', interface: 'eth0'};
  const change: VipChange = {kind: 'vip', ...here, before: 'absent', announce: true, sudo: false};
  const undone = undoVip(change, {network, signal});
  await assert.rejects(undone, /removing 10\.77\.0\.50\/24 from eth0 would remove 10\.77\.0\.1\/24 too/);
  assert.deepEqual(db1.addresses(), ['10.77.0.50/24', db1.cidr, db1.cidr6]);
});

test('two VIPs of which one hangs on the other go together', async () => {
  db1.exec('ip', 'addr', 'del', db1.cidr, 'dev', 'eth0');
  add('10.77.0.50/24');
  add('10.77.0.51/24');
  const vips = [aVip(), aVip({cidr: '10.77.0.51/24'})];
  assert.equal((await releaseVip(recordContext(network), {vips})).changed, true);
  assert.deepEqual(db1.addresses(), [db1.cidr6]);
});

test('a journal that cannot be written keeps the address where it is', async () => {
  add('10.77.0.50/24');
  const context = recordContext(network);
  context.willChange = () => Promise.reject(new Refused('JOURNAL', 'disk full'));
  await assert.rejects(releaseVip(context, {vips: [aVip()]}), /disk full/);
  assert.ok(db1.addresses().includes('10.77.0.50/24'));
});

test('a released address is announced no more', async () => {
  add('10.77.0.50/24');
  const capture = await client.capture('arp host 10.77.0.50');
  assert.equal(await announce(network, aVip(), signal), undefined);
  await releaseVip(recordContext(network), {vips: [aVip()]});
  const gone = performance.timeOrigin + performance.now();
  await new Promise(resolve => setTimeout(resolve, 1300));
  assert.deepEqual(
    capture.frames().filter(({atMs}) => atMs > gone),
    [],
  );
});

test('undo puts a released address back and announces it, and a second undo changes nothing', async () => {
  add('10.77.0.50/24');
  const context = recordContext(network);
  await releaseVip(context, {vips: [aVip()]});
  const capture = await client.capture('arp host 10.77.0.50');
  const [change] = context.changes;
  assert.ok(change);
  assert.match(await undoVip(change, {network, signal}), /^10\.77\.0\.50\/24 was put back on eth0 and announced/);
  assert.ok(db1.addresses().includes('10.77.0.50/24'));
  await eventually(() => capture.frames().find(({text}) => text.includes(`is-at ${db1.mac}`)));
  assert.match(await undoVip(change, {network, signal}), /^10\.77\.0\.50\/24 is on eth0/);
  assert.equal(db1.addresses().filter(cidr => cidr === '10.77.0.50/24').length, 1);
});

test('undo does not put an address back that another machine has taken since', async () => {
  add('10.77.0.50/24');
  const context = recordContext(network);
  await releaseVip(context, {vips: [aVip()]});
  client.exec('ip', 'addr', 'add', '10.77.0.50/24', 'dev', 'eth0');
  const [change] = context.changes;
  assert.ok(change);
  await assert.rejects(undoVip(change, {network, signal}), new RegExp(`not put back on eth0: ${client.mac} answers`));
  client.exec('ip', 'addr', 'del', '10.77.0.50/24', 'dev', 'eth0');
  assert.ok(!db1.addresses().includes('10.77.0.50/24'));
});
