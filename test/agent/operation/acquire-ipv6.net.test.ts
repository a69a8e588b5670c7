import assert from 'node:assert/strict';
import {after, afterEach, before, test} from 'node:test';
import type {Network} from '../../../agent/network/network.ts';
import {acquireVip} from '../../../agent/operation/acquire-vip.ts';
import {releaseVip} from '../../../agent/operation/release-vip.ts';
import {undoVip} from '../../../agent/operation/undo-vip.ts';
import {Refused} from '../../../agent/refusal.ts';
import {createLan, type Lan, type LanHost} from '../../fixtures/netns.ts';
import {aVip, recordContext} from '../../fixtures/netns-context.ts';
import {eventually} from '../../fixtures/netns-wait.ts';
import {linkedTools} from '../../fixtures/tools.ts';

let lan: Lan;
let db1: LanHost;
let db2: LanHost;
let network: Network;
/** As `network`, on a host without ndisc6: nobody but the kernel can look for duplicates. */
let blind: Network;
const withoutNdisc6 = linkedTools('ip', 'arping', 'ndptool', 'nft');
const signal = new AbortController().signal;
const vip = aVip({cidr: '2001:DB8:77::50/64'});
const shown = '2001:db8:77::50/64';

before(async () => {
  lan = await createLan({hosts: 2});
  [db1, db2] = lan.hosts as [LanHost, LanHost];
  network = await db1.network();
  blind = await db1.network({directories: [withoutNdisc6]});
  assert.equal(blind.tools.paths.ndisc6, undefined);
  // As on a real host, but the kernel asks at once and listens for 300 ms instead of up to two seconds.
  db1.exec(
    'sysctl',
    '-qw',
    'net.ipv6.conf.eth0.router_solicitation_delay=0',
    'net.ipv6.neigh.eth0.retrans_time_ms=300',
  );
  kernelDetection('on');
});
after(() => lan.dispose());
afterEach(() => {
  for (const {exec} of [db1, db2]) exec('ip', '-6', 'addr', 'flush', 'dev', 'eth0', 'to', '2001:db8:77::50');
  kernelDetection('on');
});

const kernelDetection = (state: 'on' | 'off'): string =>
  db1.exec('sysctl', '-qw', `net.ipv6.conf.eth0.accept_dad=${state === 'on' ? 1 : 0}`);
const add = (host: LanHost, ...more: string[]): string => host.exec('ip', 'addr', 'add', shown, 'dev', 'eth0', ...more);
const show = (): string => db1.exec('ip', '-6', 'addr', 'show', 'dev', 'eth0', 'to', '2001:db8:77::50');
/** Where connections of db1 to another host of the link come from. */
const sourceOf = (): string => /src (\S+)/.exec(db1.exec('ip', '-6', 'route', 'get', '2001:db8:77::2'))?.[1] ?? '';
const isRefused = (pattern: RegExp) => (error: unknown) => {
  assert.ok(error instanceof Refused);
  assert.equal(error.reason, 'VIP_IN_USE');
  assert.match(error.message, pattern);
  return true;
};

test('the address is usable at once and never the source of the own connections', async () => {
  add(db1, 'nodad');
  assert.equal(sourceOf(), '2001:db8:77::50', 'the youngest address would be the source');
  db1.exec('ip', 'addr', 'del', shown, 'dev', 'eth0');
  assert.deepEqual(await acquireVip(recordContext(network), {vips: [vip]}), {changed: true, notes: []});
  assert.match(show(), /deprecated/);
  assert.doesNotMatch(show(), /tentative/);
  assert.equal(sourceOf(), '2001:db8:77::1');
  assert.deepEqual(await acquireVip(recordContext(network), {vips: [vip]}), {changed: false, notes: []});
});

test('one that was put there by hand stops being a source, and an undo lets it be one again', async () => {
  add(db1, 'nodad');
  const context = recordContext(network);
  assert.deepEqual(await acquireVip(context, {vips: [vip]}), {changed: true, notes: []});
  assert.match(context.lines.join('\n'), /2001:DB8:77::50\/64 is no source address of this host any more/);
  assert.match(show(), /deprecated/);
  const [change] = context.changes;
  assert.ok(change);
  await undoVip(change, {network, signal});
  await undoVip(change, {network, signal});
  assert.doesNotMatch(show(), /deprecated/);
});

test('a released address comes back as it was, source or not', async () => {
  for (const lifetime of ['forever', '0']) {
    add(db1, 'nodad', 'preferred_lft', lifetime);
    const context = recordContext(network);
    await releaseVip(context, {vips: [vip]});
    assert.equal(show(), '');
    const [change] = context.changes;
    assert.ok(change);
    await undoVip(change, {network, signal});
    assert.equal(show().includes('deprecated'), lifetime === '0', show());
    db1.exec('ip', 'addr', 'del', shown, 'dev', 'eth0');
  }
});

test('without a probe of our own the kernel looks, and the announcement waits for it', async () => {
  const capture = await db2.capture('icmp6 and ip6[40] == 136');
  const start = performance.now();
  const {changed, notes} = await acquireVip(recordContext(blind), {vips: [vip]});
  assert.ok(performance.now() - start > 290, 'the kernel listens for 300 ms');
  assert.equal(changed, true);
  assert.match(notes.join('\n'), /ndisc6 is missing; install ndisc6; the kernel looks instead/);
  assert.match(show(), /deprecated/);
  assert.doesNotMatch(show(), /tentative/);
  const frame = await eventually(() => capture.frames().find(({text}) => text.includes('2001:db8:77::50')));
  assert.ok(frame.atMs - performance.timeOrigin - start > 290, frame.text);
});

test('what the kernel finds on another machine is removed and refused', async () => {
  add(db2, 'nodad');
  const context = recordContext(blind);
  await assert.rejects(
    acquireVip(context, {vips: [vip]}),
    isRefused(/was not added: the kernel heard another machine on the link of eth0 that has it/),
  );
  assert.equal(show(), '');
  assert.deepEqual(
    context.changes.map(({before}) => before),
    ['absent'],
  );
});

test('an IPv4 VIP beside it does not wait for the kernel', async () => {
  const capture = await db2.capture('arp host 10.77.0.50');
  const start = performance.now() + performance.timeOrigin;
  await acquireVip(recordContext(blind), {vips: [vip, aVip({detectMs: 0})]});
  const took = performance.now() + performance.timeOrigin - start;
  const first = await eventually(() => capture.frames()[0]);
  assert.ok(first.atMs - start < took - 250, `announced after ${first.atMs - start} ms of ${took}`);
  db1.exec('ip', 'addr', 'del', '10.77.0.50/24', 'dev', 'eth0');
});

test('where the kernel does not look either, that is a note', async () => {
  kernelDetection('off');
  const {changed, notes} = await acquireVip(recordContext(blind), {vips: [vip]});
  assert.equal(changed, true);
  assert.match(notes.join('\n'), /no duplicate address detection: ndisc6 is missing; install ndisc6$/);
});

test('with detect_ms = 0 nobody looks', async () => {
  add(db2, 'nodad');
  assert.deepEqual(await acquireVip(recordContext(blind), {vips: [{...vip, detectMs: 0}]}), {changed: true, notes: []});
});

test('one that the kernel had found elsewhere is refused while it is there, and added anew when it is gone', async () => {
  add(db2, 'nodad');
  add(db1);
  await eventually(() => (show().includes('dadfailed') ? true : undefined));
  await assert.rejects(acquireVip(recordContext(network), {vips: [vip]}), isRefused(new RegExp(db2.mac)));
  db2.exec('ip', 'addr', 'del', shown, 'dev', 'eth0');
  assert.deepEqual(await acquireVip(recordContext(network), {vips: [vip]}), {changed: true, notes: []});
  assert.doesNotMatch(show(), /dadfailed|tentative/);
});

test('one that somebody has just added is not reported before the kernel knows', async () => {
  add(db1, 'preferred_lft', '0');
  assert.match(show(), /tentative/);
  assert.deepEqual(await acquireVip(recordContext(network), {vips: [vip]}), {changed: false, notes: []});
  assert.doesNotMatch(show(), /tentative/);
});

test('an undo without a probe of its own lets the kernel look as well', async () => {
  add(db1, 'nodad');
  const context = recordContext(blind);
  await releaseVip(context, {vips: [vip]});
  const [change] = context.changes;
  assert.ok(change);
  add(db2, 'nodad');
  await assert.rejects(undoVip(change, {network: blind, signal}), isRefused(/the kernel heard another machine/));
  assert.equal(show(), '');
  db2.exec('ip', 'addr', 'del', shown, 'dev', 'eth0');
  assert.match(await undoVip(change, {network: blind, signal}), /was put back on eth0 and announced/);
  assert.doesNotMatch(show(), /tentative/);
});
