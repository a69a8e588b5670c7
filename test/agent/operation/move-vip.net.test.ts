// A whole move between two hosts, as their neighbours see it.
import assert from 'node:assert/strict';
import {after, afterEach, before, test} from 'node:test';
import {repeatsAfterMs} from '../../../agent/network/announcers.ts';
import type {Network} from '../../../agent/network/network.ts';
import {acquireVip} from '../../../agent/operation/acquire-vip.ts';
import {releaseVip} from '../../../agent/operation/release-vip.ts';
import {createLan, type Lan, type LanHost} from '../../fixtures/netns.ts';
import {aVip, recordContext} from '../../fixtures/netns-context.ts';
import {eventually} from '../../fixtures/netns-wait.ts';

let lan: Lan;
let db1: LanHost;
let db2: LanHost;
let neighbours: readonly LanHost[];
let networks: readonly [Network, Network];
const vip = aVip();
const vip6 = aVip({cidr: '2001:db8:77::50/64'});
const vips = [vip, vip6];

before(async () => {
  lan = await createLan({hosts: 5});
  [db1, db2] = lan.hosts as [LanHost, LanHost];
  neighbours = lan.hosts.slice(2);
  networks = [await db1.network(), await db2.network()];
});
after(() => lan.dispose());
afterEach(async () => {
  for (const network of networks) await releaseVip(recordContext(network), {vips});
});

const now = (): number => performance.timeOrigin + performance.now();
const addressOf = (cidr: string): string => cidr.split('/')[0] ?? '';

/** Whose MAC the host has for the address, without asking anybody. */
const knownBy = (host: LanHost, cidr: string): string | undefined =>
  /lladdr (\S+)/.exec(host.exec('ip', 'neigh', 'show', addressOf(cidr)))?.[1];

/** Sends something there, so that the host has to know whose the address is. */
const talkTo = ({exec}: LanHost, cidr: string): string => exec('bash', '-c', `echo > /dev/udp/${addressOf(cidr)}/9`);

const allKnow = (mac: string): true | undefined =>
  neighbours.every(host => vips.every(({cidr}) => knownBy(host, cidr) === mac)) ? true : undefined;

test('after a move all neighbours send to the new host, there and back, both families', async () => {
  await acquireVip(recordContext(networks[0]), {vips});
  for (const host of neighbours) for (const {cidr} of vips) talkTo(host, cidr);
  await eventually(() => allKnow(db1.mac));
  for (const [from, to, target] of [
    [networks[0], networks[1], db2],
    [networks[1], networks[0], db1],
  ] as const) {
    await releaseVip(recordContext(from), {vips});
    await acquireVip(recordContext(to), {vips});
    await eventually(() => allKnow(target.mac), 1000);
  }
});

test('the advertisements of an IPv6 VIP: to all nodes, overriding, from the right MAC, the first at once, the others in time', async () => {
  // type 136 to ff02::1 with the override flag, without which a neighbour keeps the MAC that it knows
  const capture = await (neighbours[0] ?? db2).capture(
    'icmp6 and ip6[40] == 136 and ip6 dst ff02::1 and ip6[44] & 0x20 != 0 and ip6[44] & 0x40 == 0',
  );
  await acquireVip(recordContext(networks[0]), {vips: [{...vip6, detectMs: 0}]});
  const returned = now();
  const frames = await eventually(() => {
    const seen = capture.frames().filter(({text}) => text.includes(addressOf(vip6.cidr)));
    return seen.length >= 6 ? seen : undefined;
  }, 10_000);
  for (const {text} of frames) assert.match(text, new RegExp(`^${db1.mac} > 33:33:00:00:00:01`));
  const [first = Number.NaN, ...others] = frames.map(({atMs}) => atMs);
  assert.ok(first < returned + 1, `the first left ${first - returned} ms after the address was reported`);
  others.forEach((atMs, index) => {
    const due = repeatsAfterMs[index] ?? Number.NaN;
    // a busy machine may be late, but never early
    assert.ok(atMs - first > due - 200 && atMs - first < due + 900, `${atMs - first} ms instead of ${due}`);
  });
});
