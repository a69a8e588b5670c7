// A tombstone and the agent that planted it, as it is shipped: clients are refused, and no rule stays behind.
import assert from 'node:assert/strict';
import {spawnSync} from 'node:child_process';
import {randomUUID} from 'node:crypto';
import {after, before, beforeEach, test} from 'node:test';
import type {Agent} from '../../../controller/agents/agent.ts';
import type {RemoteOperation} from '../../../controller/agents/remote-operation.ts';
import {LanAgent} from '../../fixtures/lan-agent.ts';
import {createLan, type Lan, type LanHost} from '../../fixtures/netns.ts';
import {aVip} from '../../fixtures/netns-context.ts';
import {eventually} from '../../fixtures/netns-wait.ts';

const vip = aVip({tombstoneMs: 60_000, detectMs: 0});
const address = '10.77.0.50';

let lan: Lan;
let db1: LanHost;
let client: LanHost;
let program: LanAgent;
let agent: Agent;
let epoch = 0;

before(async () => {
  lan = await createLan({hosts: 2});
  [db1, client] = lan.hosts as [LanHost, LanHost];
  program = await LanAgent.start(db1, 'db1', [vip.cidr]);
  agent = await program.connect();
});
after(async () => {
  agent.close();
  await program[Symbol.asyncDispose]();
  await lan.dispose();
});
beforeEach(() => {
  if (!db1.addresses().includes(vip.cidr)) db1.exec('ip', 'addr', 'add', vip.cidr, 'dev', 'eth0');
  assert.equal(rules(), '');
  client.exec('ip', 'neigh', 'replace', address, 'lladdr', db1.mac, 'dev', 'eth0', 'nud', 'permanent');
});

const rules = (): string => db1.exec('nft', 'list', 'ruleset');

const isRefused = (): boolean => {
  const argv = [...client.prefix, 'timeout', '0.8', 'bash', '-c', `exec 3<>/dev/tcp/${address}/3306`];
  const {stderr} = spawnSync(argv[0] as string, argv.slice(1), {encoding: 'utf8'});
  return stderr.includes('Connection refused');
};

const operate = (): Promise<RemoteOperation> => {
  epoch += 1;
  const what = {cluster: 'lab', operationId: randomUUID(), epoch, purpose: 'online stop', takesOver: ''};
  return agent.operate({...what, deadlineMs: 20_000, port: 3306, expectedVips: []});
};

const release = async (tombstoneMs = vip.tombstoneMs): Promise<RemoteOperation> => {
  const operation = await operate();
  await operation.intent({$case: 'releaseVip', value: {vips: [{...vip, tombstoneMs}]}}, () => {});
  assert.deepEqual(db1.addresses(), [db1.cidr, db1.cidr6]);
  assert.match(rules(), /table netdev mha_helper/);
  assert.ok(isRefused());
  return operation;
};

test('no rule is left when the address comes back in a later operation', async () => {
  await (await release()).commit();
  const back = await operate();
  await back.intent({$case: 'acquireVip', value: {vips: [vip]}}, () => {});
  await back.commit();
  assert.equal(rules(), '');
});

test('no rule is left when the operation ends without a commit', async () => {
  await (await release()).undo();
  assert.ok(db1.addresses().includes(vip.cidr));
  assert.equal(rules(), '');
});

test('no rule is left when the committed operation is undone', async () => {
  const operation = await release();
  await operation.commit();
  assert.match(rules(), /table netdev mha_helper/);
  await operation.undo();
  assert.ok(db1.addresses().includes(vip.cidr));
  assert.equal(rules(), '');
});

test('no rule is left when its time is over', async () => {
  await (await release(1500)).commit();
  await eventually(() => (rules() === '' ? true : undefined));
  assert.equal(isRefused(), false);
});

test('no rule is left when the agent was killed in the middle of the operation, and is started again', async () => {
  const operation = await release();
  await program.kill();
  assert.ok(isRefused(), 'the kernel goes on without it');
  await program.startAgain();
  assert.equal(rules(), '');
  assert.ok(db1.addresses().includes(vip.cidr), 'it has undone what was open');
  await operation.undo();
});

test('no rule is left when the agent was killed after the commit, and is started again; the address stays away', async () => {
  await (await release()).commit();
  await program.kill();
  await program.startAgain();
  assert.equal(rules(), '');
  assert.deepEqual(db1.addresses(), [db1.cidr, db1.cidr6]);
  assert.equal(isRefused(), false);
});

test('a host that never had the address answers nobody, whatever it is asked', async () => {
  db1.exec('ip', 'addr', 'del', vip.cidr, 'dev', 'eth0');
  const operation = await operate();
  await operation.intent({$case: 'releaseVip', value: {vips: [vip]}}, () => {});
  await operation.commit();
  assert.equal(rules(), '');
  assert.equal(isRefused(), false);
});
