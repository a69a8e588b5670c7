import assert from 'node:assert/strict';
import {after, before, test} from 'node:test';
import {announce, stopAnnouncing} from '../../../agent/network/announce.ts';
import {repeatsAfterMs} from '../../../agent/network/announcers.ts';
import {createNetwork} from '../../../agent/network/network.ts';
import {createLan, type Lan, type LanHost} from '../../fixtures/netns.ts';
import {aVip} from '../../fixtures/netns-context.ts';
import {eventually} from '../../fixtures/netns-wait.ts';
import {skipFor} from '../../fixtures/prerequisite.ts';

let lan: Lan;
let db1: LanHost;
let client: LanHost;
const signal = new AbortController().signal;

before(async () => {
  lan = await createLan({hosts: 2});
  [db1, client] = lan.hosts as [LanHost, LanHost];
});
after(() => lan.dispose());

const now = (): number => performance.timeOrigin + performance.now();

test('when announce returns, both forms of gratuitous ARP have left, ten times out of ten', async () => {
  const network = await db1.network();
  db1.exec('ip', 'addr', 'add', '10.77.0.50/24', 'dev', 'eth0');
  const capture = await client.capture('arp host 10.77.0.50');
  const took: number[] = [];
  for (let round = 1; round <= 10; round += 1) {
    // on a busy machine arping may send once more before it is ended
    const earlier = capture.frames().length;
    const start = now();
    assert.equal(await announce(network, aVip(), signal), undefined);
    const returned = now();
    stopAnnouncing(network, aVip());
    took.push(returned - start);
    const frames = await eventually(() => {
      const seen = capture.frames().slice(earlier);
      const firsts = [/Request who-has/, /Reply/].map(form => seen.find(({text}) => form.test(text)));
      return firsts.includes(undefined) ? undefined : firsts.filter(frame => frame !== undefined);
    });
    for (const {atMs, text} of frames) {
      assert.ok(atMs < returned + 1, `the frame left ${atMs - returned} ms after announce had returned`);
      assert.match(text, new RegExp(`^${db1.mac} > ff:ff:ff:ff:ff:ff`));
    }
    const texts = frames.map(({text}) => text).sort();
    assert.match(texts.join('\n'), /Reply 10\.77\.0\.50 is-at/);
    assert.match(texts.join('\n'), /Request who-has 10\.77\.0\.50 .*tell 10\.77\.0\.50/);
    assert.match(texts.find(text => text.includes('Reply')) ?? '', new RegExp(`is-at ${db1.mac}`));
  }
  took.sort((a, b) => a - b);
  console.log(`announce returned after ${took.map(Math.round).join(' ')} ms`);
  assert.ok((took[5] ?? 0) < 100);
  db1.exec('ip', 'addr', 'del', '10.77.0.50/24', 'dev', 'eth0');
});

test('repeats follow in the background until the address is gone', async () => {
  const network = await db1.network();
  db1.exec('ip', 'addr', 'add', '10.77.0.51/24', 'dev', 'eth0');
  const vip = aVip({cidr: '10.77.0.51/24'});
  const capture = await client.capture('arp host 10.77.0.51');
  assert.equal(await announce(network, vip, signal), undefined);
  const frames = await eventually(() => (capture.frames().length >= 10 ? capture.frames() : undefined));
  const [first = Number.NaN, ...repeats] = frames.map(({atMs}) => atMs).filter((_, index) => index % 2 === 0);
  for (const [index, atMs] of repeats.entries()) {
    const due = repeatsAfterMs[index] ?? Number.NaN;
    // a busy machine may be late, but never early
    assert.ok(atMs - first > due - 200 && atMs - first < due + 900, `${atMs - first} ms instead of ${due}`);
  }
  db1.exec('ip', 'addr', 'del', '10.77.0.51/24', 'dev', 'eth0');
  const gone = now();
  await new Promise(resolve => setTimeout(resolve, 1500));
  assert.deepEqual(
    capture.frames().filter(({atMs}) => atMs > gone),
    [],
  );
});

test('closing the network ends the repeats', async () => {
  const network = await db1.network();
  db1.exec('ip', 'addr', 'add', '10.77.0.52/24', 'dev', 'eth0');
  const vip = aVip({cidr: '10.77.0.52/24'});
  const capture = await client.capture('arp host 10.77.0.52');
  await announce(network, vip, signal);
  await network.close();
  await new Promise(resolve => setTimeout(resolve, 1500));
  assert.equal(capture.frames().length, 2);
  db1.exec('ip', 'addr', 'del', '10.77.0.52/24', 'dev', 'eth0');
});

test('an address that is not here is not announced, and that is a note', async () => {
  const network = await db1.network();
  const note = await announce(network, aVip({cidr: '10.77.0.99/24'}), signal);
  assert.match(note ?? '', /10\.77\.0\.99\/24 was not announced on eth0: .*[Cc]annot assign/);
});

test('without arping there is a note, and no failure', async () => {
  const network = await db1.network({
    cidrs: ['10.77.0.50/24'],
    directories: ['/nonexistent', '/usr/sbin/mha-helper-has-no-such'],
  });
  assert.equal(network.tools.arpingKind, 'none');
  assert.match(network.warnings.join('\n'), /arping is missing/);
  assert.match((await announce(network, aVip(), signal)) ?? '', /arping is missing; install iputils-arping/);
});

test('the tools of this machine are found', async () => {
  const network = await createNetwork({
    log: {info() {}, warn() {}, error() {}, with: () => assert.fail('no log of its own')},
  });
  assert.equal(network.tools.paths.ip, '/usr/sbin/ip');
  assert.equal(network.tools.arpingKind, 'iputils');
  await network.close();
});

test('IPv6 is announced with one unsolicited neighbour advertisement', async t => {
  const network = await db1.network();
  const missing = skipFor(network.tools.paths.ndptool === undefined ? 'ndptool' : undefined);
  if (missing !== false) return t.skip(missing);
  db1.exec('ip', 'addr', 'add', '2001:db8:77::50/64', 'dev', 'eth0', 'nodad');
  const capture = await client.capture('icmp6 and ip6[40] == 136');
  assert.equal(await announce(network, aVip({cidr: '2001:DB8:77::50/64'}), signal), undefined);
  const text = await eventually(() => capture.frames().find(frame => frame.text.includes('2001:db8:77::50'))?.text);
  assert.match(text, new RegExp(`^${db1.mac} > 33:33:00:00:00:01`));
  await network.close();
  db1.exec('ip', 'addr', 'del', '2001:db8:77::50/64', 'dev', 'eth0');
});
