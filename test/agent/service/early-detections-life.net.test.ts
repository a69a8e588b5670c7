// What an agent heard before anybody waited for it, and when it is not believed any more.
import assert from 'node:assert/strict';
import {randomUUID} from 'node:crypto';
import {after, afterEach, before, test} from 'node:test';
import type {Agent} from '../../../controller/agents/agent.ts';
import {AgentRefused} from '../../../controller/agents/errors.ts';
import type {RemoteOperation} from '../../../controller/agents/remote-operation.ts';
import type {Vip} from '../../../proto/gen/mha_helper/v1/agent.ts';
import {LanAgent} from '../../fixtures/lan-agent.ts';
import {createLan, type Lan, type LanHost} from '../../fixtures/netns.ts';
import {aVip} from '../../fixtures/netns-context.ts';

// Longer than any test here: who does not wait for it has believed what was heard before.
const vip = aVip({detectMs: 900});

let lan: Lan;
let db1: LanHost;
let other: LanHost;
let program: LanAgent;
let agent: Agent;
let epoch = 0;

before(async () => {
  lan = await createLan({hosts: 2});
  [db1, other] = lan.hosts as [LanHost, LanHost];
  program = await LanAgent.start(db1, 'db1', [vip.cidr]);
  agent = await program.connect();
});
after(async () => {
  agent.close();
  await program[Symbol.asyncDispose]();
  await lan.dispose();
});
afterEach(() => {
  for (const host of [db1, other])
    if (host.addresses().includes(vip.cidr)) host.exec('ip', 'addr', 'del', vip.cidr, 'dev', 'eth0');
});

const operate = (expectedVips: Vip[] = []): Promise<RemoteOperation> => {
  epoch += 1;
  const what = {cluster: 'lab', operationId: randomUUID(), epoch, purpose: 'test', takesOver: ''};
  return agent.operate({...what, deadlineMs: 20_000, port: 3306, expectedVips});
};

const acquire = async (): Promise<void> => {
  const operation = await operate([vip]);
  try {
    await operation.intent({$case: 'acquireVip', value: {vips: [vip]}}, () => {});
  } finally {
    await operation.undo();
  }
};

/** Listens, and has heard nobody when it returns. */
const hearNobody = async (): Promise<void> => {
  await agent.getStatus({ports: [], cidrs: [], expectedVips: [vip]}, {deadlineMs: 3000});
  await new Promise(resolve => setTimeout(resolve, vip.detectMs + 300));
};

const isInUse = (error: unknown): boolean => error instanceof AgentRefused && error.reason === 'VIP_IN_USE';

test('that nobody has an address is believed, and costs its acquirer nothing', async () => {
  await hearNobody();
  const began = performance.now();
  await acquire();
  assert.ok(performance.now() - began < vip.detectMs, 'it was listened for once more');
});

test('after an operation that was undone it is not: whoever had the address may have it again', async () => {
  const operation = await operate();
  await hearNobody();
  await operation.undo();
  other.exec('ip', 'addr', 'add', vip.cidr, 'dev', 'eth0');
  await assert.rejects(acquire(), isInUse);
});

test('nor after the undo of one that was final', async () => {
  const operation = await operate();
  await operation.commit();
  await hearNobody();
  await operation.undo();
  other.exec('ip', 'addr', 'add', vip.cidr, 'dev', 'eth0');
  await assert.rejects(acquire(), isInUse);
});
