// A demotion that is followed by a release: who still comes in by the address is refused before it goes.
import assert from 'node:assert/strict';
import {spawn, spawnSync} from 'node:child_process';
import {once} from 'node:events';
import {existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {after, afterEach, before, type TestContext, test} from 'node:test';
import {type Instance, openInstance} from '../../../agent/mysql/instance.ts';
import type {Network} from '../../../agent/network/network.ts';
import {closingMs} from '../../../agent/network/tombstone-script.ts';
import {beginToClose} from '../../../agent/operation/close-door.ts';
import {releaseVip} from '../../../agent/operation/release-vip.ts';
import {undoChanges} from '../../../agent/operation/undo.ts';
import {createLan, type Lan, type LanHost} from '../../fixtures/netns.ts';
import {aVip, recordContext} from '../../fixtures/netns-context.ts';
import {eventually} from '../../fixtures/netns-wait.ts';

const vip = aVip({tombstoneMs: 60_000, detectMs: 0});
let lan: Lan;
let db1: LanHost;
let client: LanHost;
let network: Network;
let instance: Instance;

before(async () => {
  lan = await createLan({hosts: 2});
  [db1, client] = lan.hosts as [LanHost, LanHost];
  network = await db1.network();
  const nowhere = {kind: 'socket', path: '/nowhere'} as const;
  instance = openInstance({
    ...{port: 3306, connect: nowhere, excludeUsers: []},
    ...{user: undefined, optionFile: undefined},
  });
});
after(async () => {
  instance.close();
  await lan.dispose();
});
afterEach(async () => {
  await network.tombstones.close();
  if (db1.addresses().includes(vip.cidr)) db1.exec('ip', 'addr', 'del', vip.cidr, 'dev', 'eth0');
});

const context = () => recordContext(network, AbortSignal.timeout(10_000), instance);
const chains = (): number => db1.exec('nft', 'list', 'ruleset').match(/chain vip/g)?.length ?? 0;

const listen = async (t: TestContext): Promise<void> => {
  const script = "require('net').createServer().listen(3306, () => console.log('listens'))";
  const [file = '', ...args] = [...db1.prefix, process.execPath, '-e', script];
  const server = spawn(file, args, {stdio: ['ignore', 'pipe', 'inherit']});
  t.after(() => server.kill('SIGKILL'));
  await once(server.stdout, 'data');
};

const knock = (): 'connected' | 'refused' | 'silence' => {
  const argv = [...client.prefix, 'timeout', '0.8', 'bash', '-c', 'exec 3<>/dev/tcp/10.77.0.50/3306'];
  const {status} = spawnSync(argv[0] as string, argv.slice(1));
  return status === 0 ? 'connected' : status === 124 ? 'silence' : 'refused';
};

const addVip = (): void => void db1.exec('ip', 'addr', 'add', vip.cidr, 'dev', 'eth0');

test('whoever connects is refused from then on, and the release that follows plants nothing more', async t => {
  await listen(t);
  addVip();
  assert.equal(knock(), 'connected');
  const operation = context();
  const door = beginToClose(operation, [vip]);
  const changes = await door.changes;
  assert.deepEqual(changes, [{kind: 'tombstone', cidr: vip.cidr, interface: 'eth0', port: 3306}]);
  assert.equal(chains(), 0, 'nothing before it is in the journal');
  door.close();
  const {notes} = await releaseVip(operation, {vips: [vip]});
  door.leave();
  assert.deepEqual(notes, []);
  assert.deepEqual(operation.tombstones, [], 'the demotion has it in the journal already');
  assert.equal(chains(), 1);
  assert.equal(knock(), 'refused');
});

test('it is closed while the address is still there, for a third of a second; a later release closes anew', async t => {
  await listen(t);
  addVip();
  // Where the machine is so busy that a knock takes as long as the door is closed, once more.
  await eventually(async () => {
    const door = beginToClose(context(), [vip]);
    await door.changes;
    door.close();
    return knock() === 'refused' ? true : undefined;
  });
  await eventually(() => (knock() === 'connected' ? true : undefined), 2 * closingMs);
  const operation = context();
  await releaseVip(operation, {vips: [vip]});
  assert.equal(operation.tombstones.length, 1);
  assert.ok(chains() > 1);
  assert.equal(knock(), 'refused');
});

test('an undo opens it again', async () => {
  addVip();
  const door = beginToClose(context(), [vip]);
  const changes = await door.changes;
  door.close();
  const {failed} = await undoChanges(changes, {instance, network, signal: AbortSignal.timeout(5000)});
  assert.deepEqual(failed, []);
  assert.equal(chains(), 0);
});

/** A host with these tools and no others, until the test is over. */
const useTools = async (t: TestContext, tools: Readonly<Record<string, string>>): Promise<void> => {
  const directory = mkdtempSync(join(tmpdir(), 'mha-door-'));
  t.after(() => rmSync(directory, {recursive: true}));
  for (const [name, script] of Object.entries(tools))
    writeFileSync(join(directory, name), `#!/bin/sh\n${script}\n`, {mode: 0o755});
  network = await db1.network({directories: [directory]});
  t.after(async () => {
    await network.close();
    network = await db1.network();
  });
};

test('a demotion that fails before it comes so far leaves no rule, and no nft that waits', async t => {
  const log = join(tmpdir(), `mha-door-${process.pid}.log`);
  t.after(() => rmSync(log, {force: true}));
  await useTools(t, {nft: `echo "read: $(cat)" >> ${log}`, ip: `exec ${network.tools.paths.ip} "$@"`});
  addVip();
  const door = beginToClose(context(), [vip]);
  assert.equal((await door.changes).length, 1);
  door.leave();
  const read = await eventually(() => (existsSync(log) ? readFileSync(log, 'utf8') || undefined : undefined));
  assert.equal(read, 'read: \n');
});

test('where nobody can tell which addresses are here, read-only does not wait for that', async t => {
  await useTools(t, {nft: 'exec cat', ip: 'exec sleep 5'});
  addVip();
  const startedMs = performance.now();
  assert.deepEqual(await beginToClose(context(), [vip]).changes, []);
  assert.ok(performance.now() - startedMs < 2000, `${performance.now() - startedMs} ms`);
});

test('a host that does not hold the address closes nothing', async () => {
  const door = beginToClose(context(), [vip]);
  assert.deepEqual(await door.changes, []);
  door.close();
  door.leave();
  assert.equal((await releaseVip(context(), {vips: [vip]})).changed, false);
  assert.equal(chains(), 0);
});
