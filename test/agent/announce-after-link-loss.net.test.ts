import assert from 'node:assert/strict';
import {after, afterEach, before, type TestContext, test} from 'node:test';
import {announceAfterLinkLoss} from '../../agent/announce-after-link-loss.ts';
import {createLog} from '../../agent/log.ts';
import type {VipChange} from '../../agent/operation/change.ts';
import type {OperationRecord} from '../../agent/operation/record.ts';
import {type Capture, createLan, type Lan, type LanHost} from '../fixtures/netns.ts';
import {eventually} from '../fixtures/netns-wait.ts';

let lan: Lan;
let db1: LanHost;
let db2: LanHost;
let client: LanHost;
let neighbours: readonly LanHost[];

const vip = {cidr: '10.77.0.50/24', interface: 'eth0'};
const vip6 = {cidr: '2001:db8:77::50/64', interface: 'eth0'};

before(async () => {
  lan = await createLan({hosts: 5});
  [db1, db2, client] = lan.hosts as [LanHost, LanHost, LanHost];
  neighbours = lan.hosts.slice(2);
});
after(() => lan.dispose());
afterEach(() => {
  db1.cable('in');
  for (const {exec} of [db1, db2]) {
    exec('ip', 'addr', 'flush', 'dev', 'eth0', 'to', '10.77.0.50');
    exec('ip', '-6', 'addr', 'flush', 'dev', 'eth0', 'to', '2001:db8:77::50');
  }
});

const add = ({exec}: LanHost): void => {
  exec('ip', 'addr', 'add', vip.cidr, 'dev', 'eth0');
  exec('ip', 'addr', 'add', vip6.cidr, 'dev', 'eth0', 'nodad', 'preferred_lft', '0');
};

/** The agent of db1, with the journal's records; answers its log. */
const watchAsDb1 = async (t: TestContext, records: readonly Partial<OperationRecord>[] = []): Promise<string[]> => {
  const lines: string[] = [];
  const network = await db1.network();
  const watch = announceAfterLinkLoss({
    vips: [vip, vip6],
    network,
    records: () => records as readonly OperationRecord[],
    log: createLog(line => void lines.push(line)),
  });
  t.after(async () => {
    await watch.stop();
    await network.close();
  });
  await new Promise(resolve => setTimeout(resolve, 300)); // until the monitor listens
  return lines;
};

const gratuitous = (capture: Capture, {mac}: LanHost): string[] =>
  capture
    .frames()
    .map(({text}) => text)
    .filter(text => text.startsWith(`${mac} >`))
    .filter(text => /tell 10\.77\.0\.50,|is-at|neighbor advertisement/.test(text));

const announcements = 'arp host 10.77.0.50 or (icmp6 and ip6[40] == 136)';

test('when the cable is back, the VIPs are announced again, in all forms and more than once', async t => {
  add(db1);
  const lines = await watchAsDb1(t);
  const capture = await client.capture(announcements);
  db1.cable('out');
  await new Promise(resolve => setTimeout(resolve, 100));
  assert.deepEqual(gratuitous(capture, db1), []);
  db1.cable('in');
  const frames = await eventually(() => {
    const seen = gratuitous(capture, db1);
    return seen.length >= 6 ? seen : undefined;
  }, 10_000);
  for (const form of [
    /Request who-has 10\.77\.0\.50 .*tell 10\.77\.0\.50/,
    /Reply 10\.77\.0\.50 is-at/,
    /2001:db8:77::50/,
  ])
    assert.ok(frames.filter(text => form.test(text)).length >= 2, frames.join('\n'));
  assert.match(lines.join(''), /the link is back: the VIP is announced again.*10\.77\.0\.50\/24/);
});

test('switching the interface off and on counts as well, and IPv6 VIPs that the kernel dropped with it are not announced', async t => {
  add(db1);
  const lines = await watchAsDb1(t);
  const capture = await client.capture(announcements);
  db1.exec('ip', 'link', 'set', 'eth0', 'down');
  db1.exec('ip', 'link', 'set', 'eth0', 'up');
  await eventually(() => gratuitous(capture, db1).find(text => text.includes('is-at')));
  assert.doesNotMatch(lines.join(''), /2001:db8:77::50/);
  db1.exec('ip', 'addr', 'add', db1.cidr6, 'dev', 'eth0', 'nodad');
});

test('an IPv6 VIP that the kernel looks for again is announced when it has looked', async t => {
  const set = (...values: string[]): string => db1.exec('sysctl', '-qw', ...values);
  set('net.ipv6.conf.eth0.accept_dad=1', 'net.ipv6.neigh.eth0.retrans_time_ms=600');
  set('net.ipv6.conf.eth0.router_solicitation_delay=0');
  t.after(() => set('net.ipv6.conf.eth0.accept_dad=0', 'net.ipv6.neigh.eth0.retrans_time_ms=1000'));
  const isTentative = (): boolean => db1.exec('ip', '-6', 'addr', 'show', 'tentative').includes('2001:db8:77::50');
  await watchAsDb1(t);
  db1.cable('out');
  db1.exec('ip', 'addr', 'add', vip6.cidr, 'dev', 'eth0', 'preferred_lft', '0');
  const capture = await client.capture(announcements);
  db1.cable('in');
  const plugged = performance.timeOrigin + performance.now();
  assert.ok(isTentative());
  await eventually(() => (gratuitous(capture, db1).length > 0 ? true : undefined), 10_000);
  assert.equal(isTentative(), false);
  assert.ok((capture.frames()[0]?.atMs ?? 0) - plugged > 500);
});

test('after a healed partition the host that was cut off is silent, and all neighbours keep the new owner', async t => {
  add(db1);
  const lines = await watchAsDb1(t);
  const known = (host: LanHost): boolean => {
    const cache = host.exec('ip', 'neigh', 'show');
    return [vip, vip6].every(({cidr}) => cache.includes(`${cidr.split('/')[0]} dev eth0 lladdr ${db2.mac}`));
  };
  db1.cable('out');
  add(db2);
  for (const {exec} of neighbours)
    exec('bash', '-c', 'echo > /dev/udp/10.77.0.50/9; echo > /dev/udp/2001:db8:77::50/9');
  await eventually(() => (neighbours.every(known) ? true : undefined));
  const capture = await client.capture(announcements);
  db1.cable('in');
  await eventually(() => (lines.join('').match(/another machine has the VIP now/g)?.length === 2 ? true : undefined));
  for (const cidr of [vip.cidr, vip6.cidr])
    assert.match(lines.join(''), new RegExp(`"level":"error".*take it off one of the two.*${cidr}.*${db2.mac}`));
  await new Promise(resolve => setTimeout(resolve, 1500));
  assert.deepEqual(gratuitous(capture, db1), []);
  assert.ok(neighbours.every(known));
});

test('what was asked not to be announced is not, and neither is anything while an operation is open', async t => {
  add(db1);
  const change: VipChange = {kind: 'vip', ...vip, before: 'absent', announce: false, sudo: false};
  const records: Partial<OperationRecord>[] = [{state: 'committed', changes: [change]}];
  const lines = await watchAsDb1(t, records);
  db1.cable('out');
  await new Promise(resolve => setTimeout(resolve, 100));
  db1.cable('in');
  await eventually(() => (lines.join('').includes('2001:db8:77::50') ? true : undefined));
  assert.doesNotMatch(lines.join(''), /10\.77\.0\.50/);
  records.push({state: 'open', changes: []});
  const before = lines.length;
  db1.cable('out');
  await new Promise(resolve => setTimeout(resolve, 100));
  db1.cable('in');
  await new Promise(resolve => setTimeout(resolve, 500));
  assert.equal(lines.length, before);
});
