import assert from 'node:assert/strict';
import {chmodSync, mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {after, before, test} from 'node:test';
import {announce} from '../../../agent/network/announce.ts';
import {detectDuplicate, startDetections} from '../../../agent/network/detect-duplicate.ts';
import {whoHas} from '../../../agent/network/who-has.ts';
import {createLan, type Lan, type LanHost} from '../../fixtures/netns.ts';
import {aVip} from '../../fixtures/netns-context.ts';
import {eventually} from '../../fixtures/netns-wait.ts';
import {skipFor} from '../../fixtures/prerequisite.ts';

let lan: Lan;
let db1: LanHost;
let db2: LanHost;
let db3: LanHost;
const signal = new AbortController().signal;
const taken = aVip({cidr: '10.77.0.60/24'});
const twice = aVip({cidr: '10.77.0.61/24'});
const free = aVip({cidr: '10.77.0.62/24'});
const taken6 = aVip({cidr: '2001:DB8:77::60/64'});

before(async () => {
  lan = await createLan({hosts: 3});
  [db1, db2, db3] = lan.hosts as [LanHost, LanHost, LanHost];
  db2.exec('ip', 'addr', 'add', taken.cidr, 'dev', 'eth0');
  db2.exec('ip', 'addr', 'add', twice.cidr, 'dev', 'eth0');
  db3.exec('ip', 'addr', 'add', twice.cidr, 'dev', 'eth0');
  db2.exec('ip', 'addr', 'add', taken6.cidr, 'dev', 'eth0', 'nodad');
});
after(() => lan.dispose());

const timed = async <Value>(work: () => Promise<Value>): Promise<{value: Value; ms: number}> => {
  const start = performance.now();
  return {value: await work(), ms: performance.now() - start};
};

test('another machine with the address is heard long before the bound, by its MAC', async () => {
  const network = await db1.network();
  const {value, ms} = await timed(() => detectDuplicate(network, {...taken, detectMs: 900}, signal));
  assert.deepEqual(value, {macs: [db2.mac], note: undefined});
  assert.ok(ms < 800, `took ${ms} ms`);
});

test('a free address costs the bound, not the second that arping sleeps', async () => {
  const network = await db1.network();
  const {value, ms} = await timed(() => detectDuplicate(network, free, signal));
  assert.deepEqual(value, {macs: [], note: undefined});
  assert.ok(ms >= 95 && ms < 800, `took ${ms} ms`);
});

test('detections run side by side, and leave out addresses that want none', async () => {
  const network = await db1.network();
  const {value, ms} = await timed(async () => {
    const detections = startDetections(network, [free, taken, {...twice, detectMs: 0}], signal);
    return Promise.all(detections.values());
  });
  assert.deepEqual(
    value.map(({macs}) => macs),
    [[], [db2.mac]],
  );
  assert.ok(ms < 800, `took ${ms} ms`);
});

test('the machine that will have released the address is no duplicate; another one beside it is', async () => {
  const network = await db1.network();
  const releasing = {holderMacs: [db2.mac]};
  const {value, ms} = await timed(() => detectDuplicate(network, {...taken, ...releasing}, signal));
  assert.deepEqual(value, {macs: [], note: undefined});
  assert.ok(ms >= 95, `only ${ms} ms: somebody else had no time to answer`);
  assert.deepEqual(await detectDuplicate(network, {...twice, ...releasing}, signal), {
    macs: [db3.mac],
    note: undefined,
  });
  const sixth = await detectDuplicate(network, {...taken6, ...releasing}, signal);
  assert.deepEqual(sixth, {macs: [], note: undefined});
});

test('the host itself is no duplicate', async () => {
  const network = await db2.network();
  assert.deepEqual((await detectDuplicate(network, taken, signal)).macs, []);
});

test('an interface without link is a note, not a silent "free"', async () => {
  const network = await db1.network();
  db1.exec('ip', 'link', 'add', 'idle0', 'type', 'bridge');
  const {macs, note} = await detectDuplicate(network, {...free, interface: 'idle0'}, signal);
  assert.deepEqual(macs, []);
  assert.match(note ?? '', /10\.77\.0\.62\/24: no duplicate address detection: .*down/);
});

test('whoHas names the machine that answers', async () => {
  const network = await db1.network();
  const {value, ms} = await timed(() => whoHas(network, taken, {deadlineMs: 2000, signal}));
  assert.deepEqual(value, [db2.mac]);
  assert.ok(ms < 800, `took ${ms} ms`);
});

test('whoHas names both machines of a split', async () => {
  const network = await db1.network();
  const macs = await whoHas(network, twice, {deadlineMs: 2000, signal});
  assert.deepEqual(macs.sort(), [db2.mac, db3.mac].sort());
});

test('whoHas asked by a holder names the other one and announces nothing', async () => {
  const network = await db2.network();
  const capture = await db1.capture('arp host 10.77.0.61');
  assert.deepEqual(await whoHas(network, twice, {deadlineMs: 500, signal}), [db3.mac]);
  assert.deepEqual(
    capture.frames().filter(({text}) => /tell 10\.77\.0\.61/.test(text)),
    [],
  );
});

test('whoHas of a free address is empty after its deadline', async () => {
  const network = await db1.network();
  const {value, ms} = await timed(() => whoHas(network, free, {deadlineMs: 200, signal}));
  assert.deepEqual(value, []);
  assert.ok(ms >= 190 && ms < 900, `took ${ms} ms`);
});

test('whoHas that cannot ask says so', async () => {
  const network = await db1.network();
  await assert.rejects(whoHas(network, {...taken, interface: 'nosuch0'}, {deadlineMs: 200, signal}), /nosuch0/);
});

test('IPv6: another machine is heard, a free address costs the bound', async t => {
  const network = await db1.network();
  const missing = skipFor(network.tools.paths.ndisc6 === undefined ? 'ndisc6' : undefined);
  if (missing !== false) return t.skip(missing);
  assert.deepEqual(await detectDuplicate(network, taken6, signal), {macs: [db2.mac], note: undefined});
  const {value, ms} = await timed(() => detectDuplicate(network, {...taken6, cidr: '2001:db8:77::61/64'}, signal));
  assert.deepEqual(value, {macs: [], note: undefined});
  assert.ok(ms < 800, `took ${ms} ms`);
  assert.deepEqual(await whoHas(network, taken6, {deadlineMs: 100, signal}), [db2.mac]);
});

test('without arping detection is a note', async () => {
  const network = await db1.network({directories: [fakeTools({ip: '#!/bin/sh\nexec /usr/sbin/ip "$@"\n'})]});
  const {macs, note} = await detectDuplicate(network, taken, signal);
  assert.deepEqual(macs, []);
  assert.match(note ?? '', /arping is missing; install iputils-arping/);
});

test('an arping that is stopped costs its bound and is a note', async () => {
  const stopped = '#!/bin/sh\n[ "$1" = -V ] && { echo arping from iputils 20221126; exit; }\nkill -STOP $$\n';
  const network = await db1.network({directories: [fakeTools({arping: stopped}), '/usr/sbin']});
  const {value, ms} = await timed(() => detectDuplicate(network, taken, signal));
  assert.deepEqual(value.macs, []);
  assert.match(value.note ?? '', /did not finish/);
  assert.ok(ms < 900, `took ${ms} ms`);
});

test('an arping that is stopped does not hang the announcement', async () => {
  const stopped = '#!/bin/sh\n[ "$1" = -V ] && { echo arping from iputils 20221126; exit; }\nkill -STOP $$\n';
  const network = await db2.network({directories: [fakeTools({arping: stopped}), '/usr/sbin']});
  const {value, ms} = await timed(() => announce(network, taken, signal));
  assert.match(value ?? '', /10\.77\.0\.60\/24 was not announced on eth0: arping -U .* did not finish/);
  assert.ok(ms < 3000, `took ${ms} ms`);
});

/** Runs the command as its child and takes no notice of signals, as a sudo that belongs to root does. */
const deafSudo = '#!/bin/sh\ntrap "" INT TERM\nshift\n"$@"\n';
const dba = {uid: 1000, username: 'mha-helper'};

test('behind sudo a duplicate is heard and a free address costs the bound', async () => {
  const network = await db1.network({directories: [fakeTools({sudo: deafSudo}), '/usr/sbin', '/usr/bin'], user: dba});
  assert.deepEqual(await detectDuplicate(network, {...taken, sudo: true}, signal), {macs: [db2.mac], note: undefined});
  const {value, ms} = await timed(() => detectDuplicate(network, {...free, sudo: true}, signal));
  assert.deepEqual(value, {macs: [], note: undefined});
  assert.ok(ms < 800, `took ${ms} ms`);
});

test('behind sudo the announcement does not cost a second either', async () => {
  const network = await db2.network({directories: [fakeTools({sudo: deafSudo}), '/usr/sbin', '/usr/bin'], user: dba});
  const capture = await db1.capture('arp host 10.77.0.60 and arp[6:2] == 2');
  const {value, ms} = await timed(() => announce(network, {...taken, sudo: true}, signal));
  assert.equal(value, undefined);
  assert.ok(ms < 800, `took ${ms} ms`);
  await eventually(() => capture.frames()[0]);
});

const directories: string[] = [];
after(() => {
  for (const directory of directories) rmSync(directory, {recursive: true});
});

const fakeTools = (tools: Record<string, string>): string => {
  const directory = mkdtempSync(join(tmpdir(), 'mha-tools-'));
  directories.push(directory);
  for (const [name, text] of Object.entries(tools)) {
    writeFileSync(join(directory, name), text);
    chmodSync(join(directory, name), 0o755);
  }
  return directory;
};
