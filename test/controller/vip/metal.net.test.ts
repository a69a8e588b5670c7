// The provider against the agent's own acts, in network namespaces with the real `ip` and `arping`: the wire between the two
// has its own tests, and the lab has both.
import {after, before, type TestContext} from 'node:test';
import {readVipStatus} from '../../../agent/network/read-addresses.ts';
import {acquireVip} from '../../../agent/operation/acquire-vip.ts';
import {releaseVip} from '../../../agent/operation/release-vip.ts';
import {undoVip} from '../../../agent/operation/undo-vip.ts';
import type {Instruction} from '../../../controller/agents/remote-operation.ts';
import {metalVip} from '../../../controller/vip/metal.ts';
import type {Result, Vip} from '../../../proto/gen/mha_helper/v1/agent.ts';
import {createLan, type Lan, type LanHost} from '../../fixtures/netns.ts';
import {recordContext} from '../../fixtures/netns-context.ts';
import {hostConfig} from '../../suites/cloud-stage.ts';
import {type VipStage, vipProviderSuite} from '../../suites/vip-provider.ts';

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

const metalStage = async (t: TestContext, cidr: string): Promise<VipStage> => {
  const networks = {a: await hosts.a.network(), b: await hosts.b.network()};
  t.after(() => {
    for (const host of Object.values(hosts))
      host.exec('ip', 'addr', 'flush', 'dev', 'eth0', 'to', cidr.split('/')[0] ?? '');
  });
  return {
    provider: metalVip({cidrs: [cidr], detectMs: 300, tombstoneMs: 0}),
    open: letter => {
      const context = recordContext(networks[letter]);
      const intent = async (instruction: Instruction): Promise<Result> => {
        if (instruction.$case !== 'acquireVip' && instruction.$case !== 'releaseVip')
          throw new Error(instruction.$case);
        const {vips} = instruction.value;
        const act = instruction.$case === 'acquireVip' ? acquireVip : releaseVip;
        const {changed, notes} = await act(context, {vips});
        return resultOf(
          {changed, notes: [...notes]},
          await Promise.all(vips.map(vip => statusOf(networks[letter], vip))),
        );
      };
      const {signal} = context;
      return {
        host: {config: hostConfig(letter), intent, leftMs: 10_000, mayTakeFrom: [], willChange: async () => {}},
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
  };
};

const statusOf = (network: Awaited<ReturnType<LanHost['network']>>, vip: Vip) =>
  readVipStatus(network, vip, AbortSignal.timeout(2000));

const resultOf = (outcome: Pick<Result, 'changed' | 'notes'>, vips: Result['vips']): Result => ({
  ...outcome,
  before: undefined,
  after: undefined,
  failure: undefined,
  durationMs: 0,
  demotionPending: false,
  vips,
});
