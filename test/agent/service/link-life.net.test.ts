// The link of a VIP and the agent as it is shipped: it announces again when the kernel tells it to, and sleeps otherwise.
import assert from 'node:assert/strict';
import {readFileSync} from 'node:fs';
import {after, before, test} from 'node:test';
import type {Vip} from '../../../proto/gen/mha_helper/v1/agent.ts';
import {AgentLife} from '../../fixtures/agent-life.ts';
import type {Capture} from '../../fixtures/netns.ts';
import {aVip} from '../../fixtures/netns-context.ts';
import {eventually} from '../../fixtures/netns-wait.ts';
import {commandsIn, standingIn} from '../../fixtures/standing-ip.ts';

const vip = aVip({detectMs: 0});

let life: AgentLife;

before(async () => {
  life = await AgentLife.start(vip);
});
after(() => life[Symbol.asyncDispose]());

const acquire = async (wanted: Vip): Promise<void> => {
  const operation = await life.operate();
  await operation.intent({$case: 'acquireVip', value: {vips: [wanted]}}, () => {});
  await operation.commit();
};

/** Processes of the host that watch its links. */
const monitors = (): number[] => commandsIn(life.db1.namespace, /(^|\/)ip\0.*monitor\0/);

const theMonitor = (): Promise<number> => eventually(() => (monitors().length === 1 ? monitors()[0] : undefined));

/** How often it was woken, and the processor time it took. */
const effortOf = (pid: number): string =>
  [
    ...readFileSync(`/proc/${pid}/status`, 'utf8').matchAll(/^(?:non)?voluntary_ctxt_switches:\s+\d+$/gm),
    ...readFileSync(`/proc/${pid}/stat`, 'utf8').split(' ').slice(13, 15),
  ].join(' ');

const replug = async (): Promise<void> => {
  life.db1.cable('out');
  await new Promise(resolve => setTimeout(resolve, 200));
  life.db1.cable('in');
};

const replies = (capture: Capture): number =>
  capture.frames().filter(({text}) => text.includes(`Reply 10.77.0.50 is-at ${life.db1.mac}`)).length;

test('while no link changes and nobody asks, neither what watches them nor what reads addresses is woken once', async () => {
  const monitor = await theMonitor();
  const [reader, ...others] = standingIn(life.db1.namespace);
  assert.ok(reader !== undefined && others.length === 0);
  await new Promise(resolve => setTimeout(resolve, 300)); // until they have begun to listen
  const before = [monitor, reader].map(effortOf);
  await new Promise(resolve => setTimeout(resolve, 2000));
  assert.deepEqual([monitor, reader].map(effortOf), before);
});

test('a VIP that it acquired is announced again when the cable is back, after a restart as well', async () => {
  await acquire(vip);
  for (const restart of [false, true]) {
    if (restart) {
      await life.program.kill();
      await life.program.startAgain();
    }
    await theMonitor();
    await new Promise(resolve => setTimeout(resolve, 300));
    const capture = await life.other.capture('arp host 10.77.0.50');
    await replug();
    const plugged = performance.timeOrigin + performance.now();
    await eventually(() => (replies(capture) > 0 ? true : undefined));
    const [first] = capture.frames().filter(({atMs}) => atMs > plugged - 5);
    assert.ok(first !== undefined && first.atMs - plugged < 3000, 'soon, not with the next repeat of a minute');
  }
});

test('one that is not to be announced (requires_arping = no) is not, after a restart, either', async () => {
  await acquire({...vip, announce: false});
  life.db1.exec('ip', 'addr', 'del', vip.cidr, 'dev', 'eth0');
  await acquire({...vip, announce: false});
  await life.program.kill();
  await life.program.startAgain();
  await theMonitor();
  await new Promise(resolve => setTimeout(resolve, 300));
  const capture = await life.other.capture('arp host 10.77.0.50');
  await replug();
  await new Promise(resolve => setTimeout(resolve, 1000));
  assert.equal(replies(capture), 0);
});

test('an agent that is killed leaves nobody behind who watches or reads', async () => {
  await theMonitor();
  assert.equal(standingIn(life.db1.namespace).length, 1);
  await life.program.kill();
  await eventually(() => (monitors().length + standingIn(life.db1.namespace).length === 0 ? true : undefined));
});
