import assert from 'node:assert/strict';
import {execFileSync, spawn, spawnSync} from 'node:child_process';
import {once} from 'node:events';
import {mkdtempSync, rmSync, symlinkSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {after, afterEach, before, type TestContext, test} from 'node:test';
import {type Instance, openInstance} from '../../../agent/mysql/instance.ts';
import {parseAddress} from '../../../agent/network/address.ts';
import {detectDuplicate} from '../../../agent/network/detect-duplicate.ts';
import type {Network} from '../../../agent/network/network.ts';
import {additionOf, closingMs} from '../../../agent/network/tombstone-script.ts';
import {acquireVip} from '../../../agent/operation/acquire-vip.ts';
import {releaseVip} from '../../../agent/operation/release-vip.ts';
import {undoChanges} from '../../../agent/operation/undo.ts';
import type {Vip} from '../../../proto/gen/mha_helper/v1/agent.ts';
import {createLan, type Lan, type LanHost} from '../../fixtures/netns.ts';
import {aVip, recordContext} from '../../fixtures/netns-context.ts';
import {eventually} from '../../fixtures/netns-wait.ts';

let lan: Lan;
let db1: LanHost;
let db2: LanHost;
let client: LanHost;
let network: Network;
let instance: Instance;
const signal = new AbortController().signal;
const vip4 = aVip({cidr: '10.77.0.50/24', tombstoneMs: 60_000, detectMs: 0});
const vip6 = aVip({cidr: '2001:db8:77::50/64', tombstoneMs: 60_000, detectMs: 0});
const foreign = 'table inet site { chain input { type filter hook input priority 0; tcp dport 9 counter drop; }; }';

before(async () => {
  lan = await createLan({hosts: 3});
  [db1, db2, client] = lan.hosts as [LanHost, LanHost, LanHost];
  network = await db1.network();
  instance = openInstance({
    port: 3306,
    connect: {kind: 'socket', path: '/nowhere'},
    user: undefined,
    optionFile: undefined,
    excludeUsers: [],
  });
  for (const host of [db1, db2]) host.exec('nft', foreign);
});
after(async () => {
  instance.close();
  await lan.dispose();
});
afterEach(async () => {
  await network.tombstones.close();
  for (const host of [db1, db2]) {
    host.exec('ip', 'addr', 'flush', 'dev', 'eth0', 'scope', 'global');
    host.exec('ip', 'addr', 'add', host.cidr, 'dev', 'eth0');
    host.exec('ip', 'addr', 'add', host.cidr6, 'dev', 'eth0', 'nodad');
  }
});

const add = (host: LanHost, {cidr}: Vip): string =>
  host.exec('ip', 'addr', 'add', cidr, 'dev', 'eth0', ...(cidr.includes(':') ? ['nodad'] : []));
const addressOf = ({cidr}: Vip): string => cidr.slice(0, cidr.indexOf('/'));
const tables = (host: LanHost): string[] => host.exec('nft', 'list', 'tables').trim().split('\n');
const onlyForeign = ['table inet site'];

/** What a client gets that connects: an answer within 800 ms, less than the second try of its handshake takes. */
const knock = (vip: Vip, port = 3306): 'connected' | 'refused' | 'silence' => {
  const argv = [...client.prefix, 'timeout', '0.8', 'bash', '-c', `exec 3<>/dev/tcp/${addressOf(vip)}/${port}`];
  const {status, stderr} = spawnSync(argv[0] as string, argv.slice(1), {encoding: 'utf8'});
  if (status === 124) return 'silence';
  if (status === 0) return 'connected';
  assert.match(stderr, /Connection refused/);
  return 'refused';
};

/** The client's neighbour cache says that this host has the address. */
const believe = (vip: Vip, host: LanHost): string =>
  client.exec('ip', 'neigh', 'replace', addressOf(vip), 'lladdr', host.mac, 'dev', 'eth0', 'nud', 'reachable');

const release = (vips: Vip[], on: Network = network) => {
  const context = recordContext(on, AbortSignal.timeout(10_000), instance);
  return releaseVip(context, {vips}).then(outcome => ({...outcome, context}));
};

for (const vip of [vip4, vip6]) {
  test(`a client that still knocks at ${vip.cidr} is refused at once, by the host that gave it away`, async () => {
    add(db1, vip);
    assert.equal(knock(vip), 'refused', 'the host has the address and no server: this fills the neighbour cache');
    const capture = await client.capture(vip.cidr.includes(':') ? 'ip6 and tcp' : 'tcp');
    const {changed, context} = await release([vip]);
    assert.equal(changed, true);
    assert.deepEqual(context.tombstones, [{kind: 'tombstone', cidr: vip.cidr, interface: 'eth0', port: 3306}]);
    believe(vip, db1);
    assert.equal(knock(vip), 'refused');
    assert.equal(knock(vip, 3307), 'silence', 'the port of another instance');
    const resets = () => capture.frames().filter(({text}) => text.startsWith(db1.mac) && text.includes('Flags [R'));
    // From the old host's MAC and the VIP, an address the host no longer has.
    const [reset] = await eventually(() => (resets().length > 0 ? resets() : undefined));
    assert.ok(reset?.text.includes(`${addressOf(vip)}.3306 >`), reset?.text);
    const {macs} = await detectDuplicate(await client.network(), {...vip, detectMs: 300}, signal);
    assert.deepEqual(macs, [], 'it answers no ARP and no neighbour solicitation');
  });
}

test('without it the packets vanish: the black hole it is there for', async () => {
  add(db1, vip4);
  await release([{...vip4, tombstoneMs: 0}]);
  believe(vip4, db1);
  assert.equal(knock(vip4), 'silence');
  assert.deepEqual(tables(db1), onlyForeign);
});

test('a host that never had the address answers nothing', async () => {
  const other = await db2.network();
  assert.equal((await release([vip4], other)).changed, false);
  believe(vip4, db2);
  assert.equal(knock(vip4), 'silence');
  assert.deepEqual(tables(db2), onlyForeign);
});

test('it goes when the address comes back, and the other one stays', async () => {
  for (const vip of [vip4, vip6]) add(db1, vip);
  await release([vip4, vip6]);
  await acquireVip(recordContext(network), {vips: [vip4]});
  believe(vip6, db1);
  assert.equal(knock(vip6), 'refused');
  const listing = db1.exec('nft', 'list', 'table', 'netdev', 'mha_helper');
  assert.ok(listing.includes('2001:db8:77::50') && !listing.includes('10.77.0.50'), listing);
  await acquireVip(recordContext(network), {vips: [vip6]});
  assert.deepEqual(tables(db1), onlyForeign);
  assert.match(db1.exec('nft', 'list', 'table', 'inet', 'site'), /tcp dport 9 counter .*drop/);
});

test('it goes before an undo puts the address back, and undoing twice is success', async () => {
  add(db1, vip4);
  const {context} = await release([vip4]);
  const changes = [...context.tombstones, ...context.changes];
  const {restored, failed} = await undoChanges(changes, {instance, network, signal});
  assert.deepEqual(failed, []);
  assert.equal(restored[0], 'connections to 10.77.0.50:3306 on eth0 are refused no longer');
  assert.match(restored[1] ?? '', /^10\.77\.0\.50\/24 was put back on eth0/);
  assert.deepEqual(tables(db1), onlyForeign);
  assert.deepEqual((await undoChanges(changes, {instance, network, signal})).failed, []);
});

for (const vip of [vip4, vip6]) {
  test(`whoever puts ${vip.cidr} back by hand, past the agent, has it at once, or as soon as the release is over`, async t => {
    const listen = "require('net').createServer().listen(3306, '::', () => console.log('listens'))";
    const [file = '', ...args] = [...db1.prefix, process.execPath, '-e', listen];
    const server = spawn(file, args, {stdio: ['ignore', 'pipe', 'inherit']});
    t.after(() => server.kill('SIGKILL'));
    await once(server.stdout, 'data');
    add(db1, vip);
    await release([vip]);
    believe(vip, db1);
    assert.equal(knock(vip), 'refused');
    add(db1, vip);
    await eventually(() => (knock(vip) === 'connected' ? true : undefined), 2 * closingMs);
  });
}

test('it goes when its time is over', async () => {
  add(db1, vip4);
  await release([{...vip4, tombstoneMs: 1500}]);
  assert.deepEqual(tables(db1).length, 2);
  await eventually(() => (tables(db1).length === 1 ? true : undefined));
  assert.deepEqual(tables(db1), onlyForeign);
});

test('the kernel ends one whose agent is dead, and the next start removes what is left', async () => {
  const dead = {address: parseAddress('10.77.0.50'), interface: 'eth0', port: 3306, number: 1, standsMs: 1000};
  const [file = '', ...args] = [...db1.prefix, 'nft', '-f', '-'];
  execFileSync(file, args, {input: additionOf([dead])});
  believe(vip4, db1);
  assert.equal(knock(vip4), 'refused');
  await eventually(() => (knock(vip4) === 'silence' ? true : undefined));
  assert.equal(tables(db1).length, 2);
  for (const start of ['first', 'second']) {
    await (await db1.network()).tombstones.clear();
    assert.deepEqual(tables(db1), onlyForeign, `${start} start`);
  }
});

test('a ruleset that somebody flushed meanwhile fails nothing', async () => {
  add(db1, vip4);
  await release([vip4]);
  db1.exec('nft', 'delete', 'table', 'netdev', 'mha_helper');
  await acquireVip(recordContext(network), {vips: [vip4]});
  assert.ok(db1.addresses().includes(vip4.cidr));
  assert.deepEqual(tables(db1), onlyForeign);
});

/** A host whose nft is this script; without a script it has none. */
const networkWith = async (t: TestContext, nft?: string): Promise<Network> => {
  const directory = mkdtempSync(join(tmpdir(), 'mha-tools-'));
  t.after(() => rmSync(directory, {recursive: true}));
  for (const tool of ['ip', 'arping'])
    symlinkSync(execFileSync('which', [tool], {encoding: 'utf8'}).trim(), join(directory, tool));
  if (nft !== undefined) writeFileSync(join(directory, 'nft'), `#!/bin/sh\n${nft}\n`, {mode: 0o755});
  return db1.network({directories: [directory]});
};

const unable = [
  {name: 'is missing', script: undefined, note: /nft is missing; install nftables/},
  {
    name: 'is refused by the kernel',
    script: 'echo "Operation not supported" >&2; exit 1',
    note: /not supported|longer than 50 ms/,
  },
  {name: 'hangs', script: 'exec sleep 3', note: /^nft took longer than 50 ms/},
] as const;

for (const {name, script, note} of unable) {
  test(`where nft ${name}, the release succeeds with a note, and so does the way back`, async t => {
    const poor = await networkWith(t, script);
    add(db1, vip4);
    const start = performance.now();
    const {changed, notes} = await release([vip4], poor);
    assert.ok(performance.now() - start < 900, 'nobody waited for it');
    assert.equal(changed, true);
    assert.equal(notes.length, 1);
    assert.match(notes[0] ?? '', note);
    if (name !== 'hangs') await acquireVip(recordContext(poor), {vips: [vip4]});
  });
}
