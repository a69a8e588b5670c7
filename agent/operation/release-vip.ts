import {setTimeout as sleep} from 'node:timers/promises';
import type {ReleaseVip, Vip} from '../../proto/gen/mha_helper/v1/agent.ts';
import {type Cidr, formatCidr, parseCidr} from '../network/address.ts';
import {stopAnnouncing} from '../network/announce.ts';
import {changeAddresses} from '../network/change-addresses.ts';
import {findAddress, type HeldAddress, readInterfaces} from '../network/read-addresses.ts';
import type {IntentContext, Outcome} from './context.ts';
import {asItWas} from './place-vip.ts';
import {type Refusal, refusalsOf} from './refusals.ts';
import {couldNot, notVerified, refuseToLose} from './vip-refusals.ts';

interface Wanted {
  readonly vip: Vip;
  readonly cidr: Cidr;
}

interface Removal {
  readonly vip: Vip;
  readonly held: HeldAddress;
}

/**
 * Takes the addresses off this host: from every interface and with every prefix length they are found with. Returns
 * when none of them is there any more, read back; clients that still knock are refused (tombstone_ms). One read, one change, one read, however many addresses.
 */
export const releaseVip = async (context: IntentContext, request: ReleaseVip): Promise<Outcome> => {
  const start = performance.now();
  const {network, signal} = context;
  const wanted = request.vips.map(vip => ({vip, cidr: parseCidr(vip.cidr)}));
  const interfaces = await readInterfaces(network, signal);
  const removals = findRemovals(wanted, interfaces);
  for (const {vip, cidr} of wanted) {
    if (findAddress(interfaces, cidr.address).length === 0)
      context.progress(`${vip.cidr} is not on this host: nothing to remove`);
  }
  for (const vip of request.vips) stopAnnouncing(network, vip);
  if (removals.length === 0) return {changed: false, notes: []};
  const going = removals.map(({held}) => held);
  await refuseToLose(network, interfaces, going);
  const refusals = refusalsOf(removals, context);
  // Those that close already, the demotion has written down.
  const unwritten = refusals.filter(({tombstone}) => !network.tombstones.isClosing(tombstone));
  await context.willChange(...unwritten.map(({change}) => change), ...removals.map(toChange));
  const notes = await remove(context, removals, refusals);
  const ms = Math.round(performance.now() - start);
  for (const {held} of removals) context.progress(`${formatCidr(held)} removed from ${held.interface} (${ms} ms)`);
  return {changed: true, notes: [...removals.flatMap(unexpectedPlace), ...notes]};
};

/** Secondaries first: their primary could take them along, and removing what is gone is an error to `ip`. */
const findRemovals = (wanted: readonly Wanted[], interfaces: Awaited<ReturnType<typeof readInterfaces>>): Removal[] =>
  wanted
    .flatMap(({vip, cidr}) => findAddress(interfaces, cidr.address).map(held => ({vip, held})))
    .sort((one, other) => Number(other.held.secondary) - Number(one.held.secondary));

const toChange = ({vip, held}: Removal) =>
  ({
    kind: 'vip',
    cidr: formatCidr(held),
    interface: held.interface,
    announce: vip.announce,
    sudo: vip.sudo,
    ...asItWas(held),
  }) as const;

/**
 * Between the end of new connections and the address's. What mysqld owes a client it must say now: a greeting, a refusal.
 * Later it cannot, and a client that waits for it, instead of sending something that a tombstone could answer, waits for
 * its own time-out [measured: 10 s in two of ten switches].
 */
const lastWordsMs = 20;

/** Answers notes about tombstones, which stand before the addresses go. */
const remove = async (
  {network, signal}: IntentContext,
  removals: readonly Removal[],
  refusals: readonly Refusal[],
): Promise<string[]> => {
  const sudo = removals.some(({vip}) => vip.sudo);
  const changes = removals.map(({held}) => ({...held, act: 'del'}) as const);
  const wanted = refusals.map(({tombstone}) => tombstone);
  const tombstones = wanted.length === 0 ? undefined : network.tombstones.plant(wanted, signal);
  const problem = tombstones?.problem(); // reads back beside what follows
  const since = await tombstones?.done;
  if (since !== undefined) await sleep(Math.max(0, since + lastWordsMs - performance.now()));
  const {interfaces, failure} = await changeAddresses(network, changes, {sudo, signal});
  const note = await problem;
  const remaining = removals.find(({held}) => findAddress(interfaces, held.address).length > 0);
  // The state decides: a command that complains about an address which is gone has nothing to complain about.
  if (remaining === undefined) return note === undefined ? [] : [note];
  const what = `release ${remaining.vip.cidr} from ${remaining.held.interface}`;
  throw failure === undefined ? notVerified(what, 'the address is still there') : couldNot(what, failure);
};

const unexpectedPlace = ({vip, held}: Removal): string[] => {
  const found = formatCidr(held);
  const asExpected = held.interface === vip.interface && held.prefixLength === parseCidr(vip.cidr).prefixLength;
  return asExpected ? [] : [`${vip.cidr} belongs on ${vip.interface}, but was found as ${found} on ${held.interface}`];
};
