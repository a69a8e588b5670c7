// What an agent heard before anybody waited for it, and when it is not believed any more.
import assert from 'node:assert/strict';
import {after, afterEach, before, test} from 'node:test';
import {AgentRefused} from '../../../controller/agents/errors.ts';
import {AgentLife} from '../../fixtures/agent-life.ts';
import {aVip} from '../../fixtures/netns-context.ts';

// Longer than any test here: who does not wait for it has believed what was heard before.
const vip = aVip({detectMs: 900});

let life: AgentLife;

before(async () => {
  life = await AgentLife.start(vip);
});
after(() => life[Symbol.asyncDispose]());
afterEach(() => {
  for (const host of [life.db1, life.other])
    if (host.addresses().includes(vip.cidr)) host.exec('ip', 'addr', 'del', vip.cidr, 'dev', 'eth0');
});

const acquire = async (): Promise<void> => {
  const operation = await life.operate([vip]);
  try {
    await operation.intent({$case: 'acquireVip', value: {vips: [vip]}}, () => {});
  } finally {
    await operation.undo();
  }
};

/** Listens, and has heard nobody when it returns. */
const hearNobody = async (): Promise<void> => {
  await life.agent.getStatus({ports: [], cidrs: [], expectedVips: [vip]}, {deadlineMs: 3000});
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
  const operation = await life.operate();
  await hearNobody();
  await operation.undo();
  life.other.exec('ip', 'addr', 'add', vip.cidr, 'dev', 'eth0');
  await assert.rejects(acquire(), isInUse);
});

test('nor after the undo of one that was final', async () => {
  const operation = await life.operate();
  await operation.commit();
  await hearNobody();
  await operation.undo();
  life.other.exec('ip', 'addr', 'add', vip.cidr, 'dev', 'eth0');
  await assert.rejects(acquire(), isInUse);
});
