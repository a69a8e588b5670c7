// A tombstone and the agent that planted it, as it is shipped: clients are refused, and no rule stays behind.
import assert from 'node:assert/strict';
import {spawnSync} from 'node:child_process';
import {after, before, beforeEach, test} from 'node:test';
import type {RemoteOperation} from '../../../controller/agents/remote-operation.ts';
import {AgentLife} from '../../fixtures/agent-life.ts';
import {aVip} from '../../fixtures/netns-context.ts';
import {eventually} from '../../fixtures/netns-wait.ts';

const vip = aVip({tombstoneMs: 60_000, detectMs: 0});
const address = '10.77.0.50';

let life: AgentLife;

before(async () => {
  life = await AgentLife.start(vip);
});
after(() => life[Symbol.asyncDispose]());
beforeEach(() => {
  if (!life.db1.addresses().includes(vip.cidr)) life.db1.exec('ip', 'addr', 'add', vip.cidr, 'dev', 'eth0');
  assert.equal(rules(), '');
  life.other.exec('ip', 'neigh', 'replace', address, 'lladdr', life.db1.mac, 'dev', 'eth0', 'nud', 'permanent');
});

const rules = (): string => life.db1.exec('nft', 'list', 'ruleset');

const isRefused = (): boolean => {
  const argv = [...life.other.prefix, 'timeout', '0.8', 'bash', '-c', `exec 3<>/dev/tcp/${address}/3306`];
  const {stderr} = spawnSync(argv[0] as string, argv.slice(1), {encoding: 'utf8'});
  return stderr.includes('Connection refused');
};

const release = async (tombstoneMs = vip.tombstoneMs): Promise<RemoteOperation> => {
  const operation = await life.operate();
  await operation.intent({$case: 'releaseVip', value: {vips: [{...vip, tombstoneMs}]}}, () => {});
  assert.deepEqual(life.db1.addresses(), [life.db1.cidr, life.db1.cidr6]);
  assert.match(rules(), /table netdev mha_helper/);
  assert.ok(isRefused());
  return operation;
};

test('no rule is left when the address comes back in a later operation', async () => {
  await (await release()).commit();
  const back = await life.operate();
  await back.intent({$case: 'acquireVip', value: {vips: [vip]}}, () => {});
  await back.commit();
  assert.equal(rules(), '');
});

test('no rule is left when the operation ends without a commit', async () => {
  await (await release()).undo();
  assert.ok(life.db1.addresses().includes(vip.cidr));
  assert.equal(rules(), '');
});

test('no rule is left when the committed operation is undone', async () => {
  const operation = await release();
  await operation.commit();
  assert.match(rules(), /table netdev mha_helper/);
  await operation.undo();
  assert.ok(life.db1.addresses().includes(vip.cidr));
  assert.equal(rules(), '');
});

test('no rule is left when its time is over', async () => {
  await (await release(1500)).commit();
  await eventually(() => (rules() === '' ? true : undefined));
  assert.equal(isRefused(), false);
});

test('no rule is left when the agent was killed in the middle of the operation, and is started again', async () => {
  const operation = await release();
  await life.program.kill();
  assert.ok(isRefused(), 'the kernel goes on without it');
  await life.program.startAgain();
  assert.equal(rules(), '');
  assert.ok(life.db1.addresses().includes(vip.cidr), 'it has undone what was open');
  await operation.undo();
});

test('no rule is left when the agent was killed after the commit, and is started again; the address stays away', async () => {
  await (await release()).commit();
  await life.program.kill();
  await life.program.startAgain();
  assert.equal(rules(), '');
  assert.deepEqual(life.db1.addresses(), [life.db1.cidr, life.db1.cidr6]);
  assert.equal(isRefused(), false);
});

test('a host that never had the address answers nobody, whatever it is asked', async () => {
  life.db1.exec('ip', 'addr', 'del', vip.cidr, 'dev', 'eth0');
  const operation = await life.operate();
  await operation.intent({$case: 'releaseVip', value: {vips: [vip]}}, () => {});
  await operation.commit();
  assert.equal(rules(), '');
  assert.equal(isRefused(), false);
});
