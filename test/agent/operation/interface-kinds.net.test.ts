// A VIP on what real hosts have instead of a plain interface. Kernels without one of the kinds skip it, and say so.
import assert from 'node:assert/strict';
import {after, before, describe, type TestContext, test} from 'node:test';
import type {Network} from '../../../agent/network/network.ts';
import {acquireVip} from '../../../agent/operation/acquire-vip.ts';
import {releaseVip} from '../../../agent/operation/release-vip.ts';
import {undoVip} from '../../../agent/operation/undo-vip.ts';
import {createLan, type Lan, type LanHost} from '../../fixtures/netns.ts';
import {aVip, recordContext} from '../../fixtures/netns-context.ts';
import {eventually} from '../../fixtures/netns-wait.ts';

interface Kind {
  readonly kind: string;
  /** Name of the interface that carries the addresses, on both hosts. */
  readonly name: string;
  /** Commands of `ip` that make it, on top of an eth0 without addresses. */
  readonly make: readonly string[];
}

const kinds: readonly Kind[] = [
  {kind: 'bridge', name: 'br0', make: ['link add br0 type bridge forward_delay 0', 'link set eth0 master br0']},
  {
    kind: 'VLAN',
    name: 'eth0.100',
    make: ['link add link eth0 name eth0.100 type vlan id 100'],
  },
  {
    kind: 'bond',
    name: 'bond0',
    make: [
      'link add bond0 type bond mode active-backup miimon 50',
      'link set eth0 down',
      'link set eth0 master bond0',
      'link set eth0 up',
    ],
  },
  {kind: 'macvlan', name: 'mv0.7', make: ['link add link eth0 name mv0.7 type macvlan mode bridge']},
];

for (const {kind, name, make} of kinds)
  describe(`VIPs on a ${kind}`, () => {
    let lan: Lan;
    let db1: LanHost;
    let db2: LanHost;
    let network: Network;
    let whyNot: string | undefined;
    const vips = ['10.78.0.50/24', '2001:db8:78::50/64'].map(cidr => aVip({cidr, interface: name, detectMs: 300}));

    before(async () => {
      lan = await createLan({hosts: 2});
      [db1, db2] = lan.hosts as [LanHost, LanHost];
      network = await db1.network();
      try {
        lan.hosts.forEach(build);
      } catch (error) {
        if (!/Unknown device type/.test(String(error))) throw error;
        whyNot = `this kernel has no ${kind}`;
      }
    });
    after(() => lan.dispose());

    const build = ({exec}: LanHost, index: number): void => {
      exec('ip', 'addr', 'flush', 'dev', 'eth0', 'scope', 'global');
      for (const command of make) exec('ip', ...command.split(' '));
      exec('sysctl', '-qw', `net/ipv6/conf/${name}/accept_dad=0`);
      exec('ip', 'link', 'set', name, 'up');
      exec('ip', 'addr', 'add', `10.78.0.${index + 1}/24`, 'dev', name);
      exec('ip', 'addr', 'add', `2001:db8:78::${index + 1}/64`, 'dev', name, 'nodad');
    };
    const macOf = ({exec}: LanHost): string => exec('cat', `/sys/class/net/${name}/address`).trim();
    const unless = (run: (t: TestContext) => Promise<void>) => async (t: TestContext) =>
      whyNot === undefined ? run(t) : t.skip(whyNot);

    test(
      'they are added there, announced from its MAC, and leave again',
      unless(async () => {
        const capture = await db2.capture('');
        assert.deepEqual(await acquireVip(recordContext(network), {vips}), {changed: true, notes: []});
        assert.deepEqual(
          vips.filter(({cidr}) => db1.addresses(name).includes(cidr)),
          vips,
        );
        const mac = macOf(db1);
        for (const form of [`Reply 10.78.0.50 is-at ${mac}`, 'tgt is 2001:db8:78::50'])
          await eventually(() =>
            capture.frames().find(({text}) => text.includes(form) && text.startsWith(`${mac} > `)),
          );
        assert.equal((await releaseVip(recordContext(network), {vips})).changed, true);
        assert.deepEqual(db1.addresses(name), ['10.78.0.1/24', '2001:db8:78::1/64']);
      }),
    );

    test(
      'another machine that has one is heard through it, and an undo takes all away',
      unless(async () => {
        for (const vip of vips) {
          const nodad = vip.cidr.includes(':') ? ['nodad'] : [];
          db2.exec('ip', 'addr', 'add', vip.cidr, 'dev', name, ...nodad);
          // without arp_ignore the interface below answers as well
          const answer = new RegExp(`(${macOf(db2)}|${db2.mac}) answers for it`);
          await assert.rejects(acquireVip(recordContext(network), {vips: [vip]}), answer);
          db2.exec('ip', 'addr', 'del', vip.cidr, 'dev', name);
          const context = recordContext(network);
          await acquireVip(context, {vips: [vip]});
          for (const change of context.changes) await undoVip(change, {network, signal: context.signal});
        }
        assert.deepEqual(db1.addresses(name), ['10.78.0.1/24', '2001:db8:78::1/64']);
      }),
    );
  });
