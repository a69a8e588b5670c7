// The provider against the agent's own acts, in network namespaces with the real `ip` and `arping`: the wire between the two
// has its own tests, and the lab has both.
import {after, before, type TestContext} from 'node:test';
import {readVipStatuses} from '../../../agent/network/read-addresses.ts';
import {acquireVip} from '../../../agent/operation/acquire-vip.ts';
import {releaseVip} from '../../../agent/operation/release-vip.ts';
import {undoVip} from '../../../agent/operation/undo-vip.ts';
import type {Instruction} from '../../../controller/agents/remote-operation.ts';
import {FailoverRun} from '../../../controller/failover/run.ts';
import {metalVip} from '../../../controller/vip/metal.ts';
import type {Result, Vip} from '../../../proto/gen/mha_helper/v1/agent.ts';
import {LanAgent} from '../../fixtures/lan-agent.ts';
import {createLan, type Lan, type LanHost} from '../../fixtures/netns.ts';
import {recordContext} from '../../fixtures/netns-context.ts';
import {hostConfig} from '../../suites/cloud-stage.ts';
import {type OpenOperation, type VipStage, vipProviderSuite} from '../../suites/vip-provider.ts';

let lan: Lan;
let hosts: Readonly<Record<'a' | 'b' | 'stranger', LanHost>>;

before(async () => {
  lan = await createLan({hosts: 3});
  const [a, b, stranger] = lan.hosts as [LanHost, LanHost, LanHost];
  hosts = {a, b, stranger};
});
after(() => lan.dispose());

for (const cidr of ['10.77.0.50/24', '2001:db8:77::50/64']) {
  vipProviderSuite(`metal ${cidr}`, async t => metalStage(t, cidr));
}

/** A host whose agent runs as it is shipped, asked as a phase asks it; and does not answer any more. */
const frozenAgent = async (t: TestContext, cidr: string): Promise<(leftMs: number) => OpenOperation> => {
  const program = await LanAgent.start(hosts.a, 'a', [cidr]);
  const agent = await program.connect();
  t.after(async () => {
    agent.close();
    await program[Symbol.asyncDispose]();
  });
  await agent.getStatus({}, {deadlineMs: 5000}); // as every phase does before its first change
  program.freeze();
  return leftMs => ({host: runFor(leftMs).vipHost({config: hostConfig('a'), agent}), undo: async () => {}});
};

const runFor = (leftMs: number): FailoverRun =>
  new FailoverRun({
    cluster: 'lab',
    epoch: 1,
    purpose: 'online stop',
    deadline: performance.now() + leftMs,
    tell: () => {},
    faultPoint: () => {},
    record: () => {},
    recorded: async () => {},
  });

const metalStage = async (t: TestContext, cidr: string): Promise<VipStage> => {
  const networks = {a: await hosts.a.network(), b: await hosts.b.network()};
  let frozen: ((leftMs: number) => OpenOperation) | undefined;
  t.after(() => {
    for (const host of Object.values(hosts))
      host.exec('ip', 'addr', 'flush', 'dev', 'eth0', 'to', cidr.split('/')[0] ?? '');
  });
  return {
    provider: metalVip({cidrs: [cidr], detectMs: 300, tombstoneMs: 0}),
    open: (letter, {leftMs = 10_000} = {}) => {
      if (frozen !== undefined) return frozen(leftMs);
      const context = recordContext(networks[letter]);
      const intent = async (instruction: Instruction): Promise<Result> => {
        if (instruction.$case !== 'acquireVip' && instruction.$case !== 'releaseVip')
          throw new Error(instruction.$case);
        const {vips} = instruction.value;
        const act = instruction.$case === 'acquireVip' ? acquireVip : releaseVip;
        const {changed, notes} = await act(context, {vips});
        return resultOf({changed, notes: [...notes]}, await statusOf(networks[letter], vips));
      };
      const {signal} = context;
      return {
        host: {config: hostConfig(letter), intent, leftMs, mayTakeFrom: [], willChange: async () => {}},
        undo: async () => {
          for (const change of context.changes.toReversed()) await undoVip(change, {network: networks[letter], signal});
        },
      };
    },
    holders: async () =>
      Object.entries(hosts).flatMap(([name, host]) => (host.addresses().includes(cidr) ? [name] : [])),
    giveToStranger: async () => {
      hosts.stranger.exec('ip', 'addr', 'add', cidr, 'dev', 'eth0', ...(cidr.includes(':') ? ['nodad'] : []));
    },
    // a frozen agent knows no difference between the families, and waiting for it takes seconds
    ...(cidr.includes(':')
      ? {}
      : {
          hang: async () => {
            frozen = await frozenAgent(t, cidr);
          },
        }),
  };
};

const statusOf = (network: Awaited<ReturnType<LanHost['network']>>, vips: readonly Vip[]) =>
  readVipStatuses(network, vips, AbortSignal.timeout(2000));

const resultOf = (outcome: Pick<Result, 'changed' | 'notes'>, vips: Result['vips']): Result => ({
  ...outcome,
  before: undefined,
  after: undefined,
  failure: undefined,
  durationMs: 0,
  demotionPending: false,
  vips,
});
