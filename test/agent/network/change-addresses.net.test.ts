import assert from 'node:assert/strict';
import {chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {after, afterEach, before, test} from 'node:test';
import {createLog} from '../../../agent/log.ts';
import {parseCidr} from '../../../agent/network/address.ts';
import {type AddressChange, changeAddresses} from '../../../agent/network/change-addresses.ts';
import {CommandFailed} from '../../../agent/network/command.ts';
import {standingArguments} from '../../../agent/network/ip-process.ts';
import type {Network} from '../../../agent/network/network.ts';
import {findAddress} from '../../../agent/network/read-addresses.ts';
import {spawnBare} from '../../../agent/network/spawn-bare.ts';
import {createStandingIp, type StandingIp} from '../../../agent/network/standing-ip.ts';
import {releaseVip} from '../../../agent/operation/release-vip.ts';
import {createLan, type Lan, type LanHost} from '../../fixtures/netns.ts';
import {aVip, recordContext} from '../../fixtures/netns-context.ts';
import {eventually} from '../../fixtures/netns-wait.ts';
import {standingIn, stateOf} from '../../fixtures/standing-ip.ts';

let lan: Lan;
let db1: LanHost;
const directory = mkdtempSync(join(tmpdir(), 'mha-change-'));
const asked = join(directory, 'asked');
const how = {sudo: false, signal: new AbortController().signal};

before(async () => {
  lan = await createLan({hosts: 1});
  [db1] = lan.hosts as [LanHost];
});
afterEach(() => db1.exec('ip', 'addr', 'flush', 'dev', 'eth0', 'to', '10.77.0.64/26'));
after(async () => {
  await lan.dispose();
  rmSync(directory, {recursive: true});
});

const to = (act: AddressChange['act'], cidr: string, name = 'eth0'): AddressChange => ({
  ...parseCidr(cidr),
  act,
  interface: name,
});
const theStanding = (): number => {
  const [pid, ...others] = standingIn(db1.namespace);
  assert.ok(pid !== undefined && others.length === 0, 'exactly one ip stands by');
  return pid;
};
const addresses = (): string[] => db1.addresses().filter(cidr => cidr !== db1.cidr && cidr !== db1.cidr6);
const link = (...words: string[]): string => db1.exec('ip', 'link', ...words);

/** A host whose `ip` notes each start in `asked` and then does what the script says, by default all that is asked. */
const networkWith = async (script = ''): Promise<{network: Network; starts: () => string[]; lines: string[]}> => {
  rmSync(asked, {force: true});
  const text = `#!/bin/bash\necho "$*" >> ${asked}\n${script}\nexec /usr/sbin/ip "$@"\n`;
  writeFileSync(join(directory, 'ip'), text);
  chmodSync(join(directory, 'ip'), 0o755);
  const lines: string[] = [];
  const network = await db1.network({directories: [directory], log: createLog(line => void lines.push(line))});
  await network.showAddresses(how.signal);
  return {network, starts: () => readFileSync(asked, 'utf8').split('\n').filter(Boolean), lines};
};

const stop = async (pid: number): Promise<void> => {
  process.kill(pid, 'SIGSTOP');
  await eventually(() => (stateOf(pid) === 'T' ? true : undefined));
};

test('changes are made and read back without starting a process', async t => {
  const {network, starts} = await networkWith();
  t.after(() => network.close());
  for (const changes of [
    [to('add', '10.77.0.70/24')],
    [to('add', '10.77.0.71/24'), to('del', '10.77.0.70/24')],
    [to('del', '10.77.0.71/24'), to('add', '10.77.0.72/24')],
  ]) {
    const {interfaces, failure} = await changeAddresses(network, changes, how);
    assert.equal(failure, undefined);
    for (const {act, address} of changes) assert.equal(findAddress(interfaces, address).length, act === 'add' ? 1 : 0);
  }
  assert.deepEqual(addresses(), ['10.77.0.72/24']);
  assert.deepEqual(starts(), [standingArguments.join(' ')]);
});

test('an interface that has got the name of another since the last look does not get its address', async t => {
  const {network} = await networkWith();
  t.after(() => network.close());
  for (const name of ['one', 'two']) link('add', name, 'type', 'bridge');
  await network.showAddresses(how.signal);
  link('set', 'one', 'name', 'three');
  link('set', 'two', 'name', 'one');
  await changeAddresses(network, [to('add', '10.78.0.1/24', 'one')], how);
  assert.deepEqual([db1.addresses('one'), db1.addresses('three')], [['10.78.0.1/24'], []]);
  for (const name of ['one', 'three']) link('del', name);
});

test('an interface whose name means something else in a batch is taken at its word', async t => {
  const {network} = await networkWith();
  t.after(() => network.close());
  for (const name of ['one', 'one#2']) link('add', name, 'type', 'bridge');
  const {failure} = await changeAddresses(network, [to('add', '10.78.0.1/24', 'one#2')], how);
  assert.equal(failure, undefined);
  assert.deepEqual([db1.addresses('one'), db1.addresses('one#2')], [[], ['10.78.0.1/24']]);
  for (const name of ['one', 'one#2']) link('del', name);
});

test('each of several changes at the same moment hears its own complaint, and the ip goes on', async t => {
  const {network} = await networkWith();
  t.after(() => network.close());
  const pid = theStanding();
  const change = (...changes: AddressChange[]) => changeAddresses(network, changes, how);
  const [both, none, one] = await Promise.all([
    change(to('del', '10.77.0.70/24'), to('add', '10.77.0.71/24'), to('add', '10.77.0.72/24', 'nope')),
    change(to('add', '10.77.0.73/24')),
    change(to('add', '10.77.0.73/24')),
    network.showAddresses(how.signal),
  ]);
  assert.ok(both.failure instanceof CommandFailed && one.failure instanceof CommandFailed);
  assert.match(
    both.failure.message,
    /^ip addr del 10\.77\.0\.70\/24 dev eth0 failed: (Error|RTNETLINK)[^;]*; ip addr add 10\.77\.0\.72\/24 dev nope failed: Cannot find device "nope"$/,
  );
  assert.equal(none.failure, undefined);
  assert.match(one.failure.message, /^ip addr add 10\.77\.0\.73\/24 dev eth0 failed: (Error|RTNETLINK)[^;]*$/);
  assert.deepEqual(addresses(), ['10.77.0.71/24', '10.77.0.73/24']);
  assert.equal(theStanding(), pid);
});

for (const [who, rights, outcome] of [
  [
    'an account without rights is told so, with the command',
    [],
    /: ip addr del 10\.77\.0\.70\/24 dev eth0 failed: RTNETLINK answers: Operation not permitted$/,
  ],
  [
    'an account that systemd lends CAP_NET_ADMIN needs no more',
    ['--inh-caps', '+net_admin', '--ambient-caps', '+net_admin'],
    undefined,
  ],
] as const) {
  test(who, async t => {
    const become = ['setpriv', '--reuid', '65534', '--regid', '65534', '--clear-groups', ...rights];
    const user = {uid: 65_534, username: 'nobody'};
    const network = await db1.network({user, prefix: [...db1.prefix, ...become]});
    t.after(() => network.close());
    db1.exec('ip', 'addr', 'add', '10.77.0.70/24', 'dev', 'eth0');
    const release = releaseVip(recordContext(network), {vips: [aVip({cidr: '10.77.0.70/24'})]});
    if (outcome === undefined) await release;
    else await assert.rejects(release, outcome);
    assert.deepEqual(addresses(), outcome === undefined ? [] : ['10.77.0.70/24']);
  });
}

test('what an ip that hangs was to change is changed by another one, when the first has ended', async t => {
  const {network, starts, lines} = await networkWith();
  t.after(() => network.close());
  const pid = theStanding();
  await stop(pid);
  const {interfaces, failure} = await changeAddresses(network, [to('add', '10.77.0.70/24')], how);
  assert.ok(!existsSync(`/proc/${pid}`));
  assert.equal(failure, undefined);
  assert.equal(findAddress(interfaces, parseCidr('10.77.0.70/24').address).length, 1);
  assert.deepEqual(starts().slice(1, 2), ['addr add 10.77.0.70/24 dev eth0']);
  assert.match(lines.join('\n'), /ended in the middle of a change.*no answer within 250 ms/);
});

test('one that has ended unseen leaves the change to another one', async t => {
  const {network} = await networkWith();
  t.after(() => network.close());
  process.kill(theStanding(), 'SIGKILL');
  const {failure} = await changeAddresses(network, [to('add', '10.77.0.70/24')], how);
  assert.equal(failure, undefined);
  assert.deepEqual(addresses(), ['10.77.0.70/24']);
});

for (const [when, changesBefore] of [
  ['before', ''],
  ['after', '/usr/sbin/ip $line;'],
] as const) {
  test(`one that ends ${when} it has made a change is no failure: the state decides`, async t => {
    const work = `case "$line" in "addr show") /usr/sbin/ip -j $line;; *) ${changesBefore} exit 3;; esac`;
    const script = `case "$*" in *-batch*) while read -r line; do ${work}; done; esac`;
    const {network, lines} = await networkWith(script);
    t.after(() => network.close());
    for (const act of ['add', 'del'] as const) {
      const {interfaces} = await changeAddresses(network, [to(act, '10.77.0.70/24')], how);
      assert.equal(findAddress(interfaces, parseCidr('10.77.0.70/24').address).length, act === 'add' ? 1 : 0);
    }
    assert.equal(lines.filter(line => line.includes('in the middle of a change')).length, 2);
  });
}

test('when nobody waits any more, an ip that hangs has ended before the caller hears, and changes nothing', async t => {
  const {network, starts} = await networkWith();
  t.after(() => network.close());
  const pid = theStanding();
  await stop(pid);
  const ending = new AbortController();
  const changing = changeAddresses(network, [to('add', '10.77.0.70/24')], {sudo: false, signal: ending.signal});
  setTimeout(() => ending.abort(new Error('the hook has gone')), 20);
  await assert.rejects(changing, /did not finish: Error: the hook has gone/);
  assert.ok(!existsSync(`/proc/${pid}`));
  assert.deepEqual(addresses(), []);
  assert.equal(starts().length, 1);
});

/** One whose processes do not die: the kernel lets none die that waits for its network lock. */
const undying = (): StandingIp => {
  const [file = '', ...args] = [...db1.prefix, '/usr/sbin/ip', ...standingArguments];
  const spawn: typeof spawnBare = (command, stdin) => Object.assign(spawnBare(command, stdin), {kill: () => true});
  return createStandingIp({file, args}, {log: createLog(() => {}), endMs: 300, spawn});
};

test('while one that cannot be killed may still make its change, nothing is seen or changed; afterwards all is as it made it', async t => {
  const ip = undying();
  t.after(() => ip.close());
  await ip.show(how.signal);
  const pid = theStanding();
  await stop(pid);
  t.after(() => existsSync(`/proc/${pid}`) && process.kill(pid, 'SIGKILL'));
  const add = ['addr add 10.77.0.70/24 dev eth0'];
  for (const act of [
    () => ip.change(add, how.signal),
    () => ip.change(['addr del 10.77.0.70/24 dev eth0'], how.signal),
    () => ip.show(how.signal),
    () => ip.show(AbortSignal.abort()),
  ])
    await assert.rejects(act(), /killed in the middle of a change and has not ended: it may still make the change/);
  const changing = ip.change(['addr del 10.77.0.70/24 dev eth0'], how.signal);
  process.kill(pid, 'SIGCONT');
  const answer = await changing;
  assert.ok(answer !== undefined && !existsSync(`/proc/${pid}`));
  assert.deepEqual([answer.complaints, addresses()], [[undefined], []], 'it came after the addition, not before');
});
