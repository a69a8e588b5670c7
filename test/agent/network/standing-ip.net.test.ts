import assert from 'node:assert/strict';
import {chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {after, afterEach, before, test} from 'node:test';
import {createLog} from '../../../agent/log.ts';
import type {Network} from '../../../agent/network/network.ts';
import {readInterfaces} from '../../../agent/network/read-addresses.ts';
import {createLan, type Lan, type LanHost} from '../../fixtures/netns.ts';
import {eventually} from '../../fixtures/netns-wait.ts';
import {standingIn, stateOf} from '../../fixtures/standing-ip.ts';

let lan: Lan;
let db1: LanHost;
let network: Network;
const directory = mkdtempSync(join(tmpdir(), 'mha-reader-'));
const signal = new AbortController().signal;

before(async () => {
  lan = await createLan({hosts: 1});
  [db1] = lan.hosts as [LanHost];
});
afterEach(async () => {
  await network.close();
  db1.exec('ip', 'addr', 'flush', 'dev', 'eth0', 'to', '10.77.0.64/26');
});
after(async () => {
  await lan.dispose();
  rmSync(directory, {recursive: true});
});

const standing = (): number[] => standingIn(db1.namespace);
const theStanding = (): number => {
  const [pid, ...others] = standing();
  assert.ok(pid !== undefined && others.length === 0, 'exactly one ip stands by');
  return pid;
};
const add = (cidr: string): string => db1.exec('ip', 'addr', 'add', cidr, 'dev', 'eth0');
const eth0 = async (on: Network = network): Promise<string[]> =>
  (await readInterfaces(on, signal))
    .filter(({name}) => name === 'eth0')
    .flatMap(({addresses}) => addresses.filter(({address}) => address.family === 4).map(({address}) => address.text));

/** An `ip` of its own behaviour: a script that gets the arguments; what it notes is in `asked`. */
const withIp = async (script: string): Promise<{asked: string; lines: string[]}> => {
  const asked = join(directory, 'asked');
  rmSync(asked, {force: true});
  writeFileSync(join(directory, 'ip'), `#!/bin/sh\necho "$*" >> ${asked}\n${script}\n`);
  chmodSync(join(directory, 'ip'), 0o755);
  const lines: string[] = [];
  network = await db1.network({directories: [directory], log: createLog(line => void lines.push(line))});
  return {asked, lines};
};

test('one process sees what comes, goes and is renamed after it began, as a new one would', async () => {
  network = await db1.network();
  assert.deepEqual(await eth0(), ['10.77.0.1']);
  const pid = theStanding();
  const link = (...words: string[]) => db1.exec('ip', 'link', ...words);
  for (const change of [
    () => add('10.77.0.100/24'),
    () => link('add', 'link', 'eth0', 'name', 'first', 'type', 'macvlan'),
    () => db1.exec('ip', 'addr', 'add', '10.78.0.1/24', 'dev', 'first'),
    () => link('set', 'first', 'name', 'second'),
    () => link('set', 'second', 'up'),
    () => link('set', 'second', 'address', '02:00:00:00:00:99'),
    () => link('add', 'link', 'eth0', 'name', 'first', 'type', 'macvlan'),
    () => db1.exec('ip', 'addr', 'add', '10.79.0.1/24', 'dev', 'first'),
    () => link('del', 'second'),
    () => link('set', 'first', 'name', 'second'),
    () => db1.exec('ip', 'addr', 'del', '10.77.0.100/24', 'dev', 'eth0'),
    () => link('del', 'second'),
  ]) {
    change();
    assert.deepEqual(await network.showAddresses(signal), JSON.parse(db1.exec('ip', '-j', 'addr', 'show')));
  }
  assert.equal(theStanding(), pid);
});

test('questions of the same moment are each answered by what is true when they are asked', async () => {
  network = await db1.network();
  const answers: Promise<string[]>[] = [];
  for (let each = 65; each < 95; each++) {
    add(`10.77.0.${each}/24`);
    answers.push(eth0(), eth0());
  }
  for (const [index, answer] of (await Promise.all(answers)).entries())
    assert.ok(answer.includes(`10.77.0.${65 + Math.floor(index / 2)}`), `question ${index}`);
  theStanding();
});

test('it sees none of our environment', async () => {
  network = await db1.network();
  await eth0();
  const environment = readFileSync(`/proc/${theStanding()}/environ`, 'utf8').split('\0').filter(Boolean);
  assert.deepEqual(environment.sort(), ['LC_ALL=C', 'PATH=/usr/sbin:/sbin:/usr/bin:/bin']);
});

test('one that is stopped is given up within its time, and its late answer is nobody’s', async () => {
  network = await db1.network();
  await eth0();
  const pid = theStanding();
  process.kill(pid, 'SIGSTOP');
  await eventually(() => (stateOf(pid) === 'T' ? true : undefined));
  const start = performance.now();
  const questions = [eth0(), eth0()];
  add('10.77.0.101/24');
  assert.deepEqual(await Promise.all(questions), [
    ['10.77.0.1', '10.77.0.101'],
    ['10.77.0.1', '10.77.0.101'],
  ]);
  assert.ok(performance.now() - start < 2000);
  await eventually(() => (standing().length === 0 ? true : undefined));
  db1.exec('ip', 'addr', 'del', '10.77.0.101/24', 'dev', 'eth0');
  assert.deepEqual(await eth0(), ['10.77.0.1']);
  assert.notEqual(theStanding(), pid);
});

test('a caller whose time is over does not wait for it, and the next question gets its own answer', async () => {
  network = await db1.network();
  await eth0();
  const pid = theStanding();
  process.kill(pid, 'SIGSTOP');
  const ending = new AbortController();
  const abandoned = network.showAddresses(ending.signal);
  ending.abort();
  await assert.rejects(abandoned, /did not finish/);
  add('10.77.0.102/24');
  const next = eth0();
  process.kill(pid, 'SIGCONT');
  assert.deepEqual(await next, ['10.77.0.1', '10.77.0.102']);
  assert.equal(theStanding(), pid);
});

test('one that ends is started again with the next question', async () => {
  network = await db1.network();
  await eth0();
  for (let round = 0; round < 5; round++) {
    process.kill(theStanding(), 'SIGKILL');
    add(`10.77.0.${110 + round}/24`);
    assert.ok((await eth0()).includes(`10.77.0.${110 + round}`));
    await eth0();
  }
});

for (const [what, script] of [
  ['knows no -batch', 'case "$*" in *-batch*) echo "ip: invalid argument" >&2; exit 1; esac'],
  ['is silent', 'case "$*" in *-batch*) exec sleep 60; esac'],
  ['knows no JSON there', 'case "$*" in *-batch*) while read line; do echo "1: lo: <LOOPBACK>"; done; esac'],
  ['complains beside its answer', 'case "$*" in *-batch*) while read line; do echo oops >&2; sleep 0.2; done; esac'],
] as const) {
  test(`an ip that ${what} is started for each look, and is not tried for ever`, async () => {
    const {asked, lines} = await withIp(`${script}\nexec /usr/sbin/ip "$@"`);
    for (let look = 0; look < 6; look++) {
      add(`10.77.0.${120 + look}/24`);
      assert.ok((await eth0()).includes(`10.77.0.${120 + look}`));
    }
    const calls = readFileSync(asked, 'utf8').split('\n').filter(Boolean);
    assert.equal(calls.filter(call => call.includes('-batch')).length, 3);
    assert.equal(calls.filter(call => call === '-j addr show').length, 6);
    assert.equal(lines.filter(line => line.includes('no ip answers standing by')).length, 1);
  });
}

test('without ip the reason is told', async () => {
  network = await db1.network({directories: [mkdtempSync(join(directory, 'empty-'))]});
  await assert.rejects(network.showAddresses(signal), /ip -j addr show did not finish: not installed/);
});

test('when the network is closed nothing stands by, and nothing is begun', async () => {
  network = await db1.network();
  await eth0();
  const pid = theStanding();
  await network.close();
  await eventually(() => (existsSync(`/proc/${pid}`) ? undefined : true));
  assert.deepEqual(await eth0(), ['10.77.0.1']);
  assert.deepEqual(standing(), []);
});
