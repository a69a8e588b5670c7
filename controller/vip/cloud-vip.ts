import type {Result, Vip} from '../../proto/gen/mha_helper/v1/agent.ts';
import type {HostConfig} from '../config/cluster-config.ts';
import {CloudFailed, type CloudHolder, type VipCloud} from './cloud.ts';
import type {CloudChange, VipHost, VipOutcome, VipProvider} from './provider.ts';
import {within} from './within.ts';

export interface CloudAddresses {
  readonly cidrs: readonly string[];
  /** The host carries the address on an interface as well; false where the network translates it (Elastic IP). */
  readonly isOnHost: boolean;
  /** The network is one where neighbours ask each other, so they are told of a move (requires_arping). */
  readonly isAnnounced?: true;
}

/** A VIP whose packets go where an API says; on the host its agent puts the address where the mode needs it. */
export const cloudVip = (cloud: VipCloud, {cidrs, isOnHost, isAnnounced}: CloudAddresses): VipProvider => {
  const carried = isOnHost ? cidrs : [];
  const addressesOn = (config: HostConfig) =>
    carried.map(cidr => ({...vipOn(config, cidr), announce: isAnnounced === true && config.requiresArping}));
  return {
    name: cidrs.join(', '),
    cidrs: carried,
    addressesOn,
    isOnLink: false,
    cloud,
    acquire: async host => {
      // the API first: while it refuses, nothing has changed on the host
      const granted = await grant(cloud, host);
      const added = isOnHost ? await onHost(host, 'acquireVip', addressesOn(host.config)) : undefined;
      return join([granted, added && sayHost(added, 'added')], 'already acquired');
    },
    release: async host => {
      const removed = isOnHost ? await onHost(host, 'releaseVip', addressesOn(host.config)) : undefined;
      const revoked = await revoke(cloud, host);
      return join([removed && sayHost(removed, 'removed'), revoked], 'already released');
    },
    isHeldBy: vips => vips.some(vip => carried.includes(vip.cidr) && vip.present),
  };
};

/** What one verb may take of the phase: an API that hangs must leave time to undo. */
const verbMs = 20_000;
const reserveMs = 3000;

const timeFor = ({leftMs}: VipHost): number => Math.max(1, Math.min(verbMs, leftMs - reserveMs));

const grant = (cloud: VipCloud, host: VipHost): Promise<VipOutcome> =>
  within(timeFor(host), cloud.name, async signal => {
    const {name} = host.config;
    const holders = await cloud.findHolders(signal);
    if (isOnlyHolder(holders, name)) return unchanged;
    const strangers = holders.filter(one => one.host !== name && !host.mayTakeFrom.includes(one.host ?? ''));
    if (strangers.length > 0) throw heldElsewhere(cloud, name, strangers);
    await willChange(cloud, host, 'grant');
    const from = host.mayTakeFrom.filter(one => holders.some(holder => holder.host === one));
    const notes = await cloud.grant(name, {from, signal});
    return {did: `${cloud.name} gives it to ${name}`, notes};
  });

/** The API's half of a release, for a host that is dead as well. */
export const revoke = (cloud: VipCloud, host: VipHost): Promise<VipOutcome> =>
  within(timeFor(host), cloud.name, async signal => {
    const {name} = host.config;
    const holders = await cloud.findHolders(signal);
    if (!holders.some(one => one.host === name)) return unchanged;
    await willChange(cloud, host, 'revoke');
    await cloud.revoke(name, signal);
    return {did: `${cloud.name} took it from ${name}`, notes: []};
  });

const unchanged: VipOutcome = {did: '', notes: []};

const willChange = (cloud: VipCloud, host: VipHost, verb: CloudChange['verb']): Promise<void> => {
  const change = {host: host.config.name, verb};
  return host.willChange(change, signal => putBack(cloud, change, signal));
};

/** Undoes a change at the API, made or not: idempotent, and refused where somebody else has the VIP by now. */
export const putBack = async (
  cloud: VipCloud,
  {host, verb}: CloudChange,
  signal: AbortSignal,
): Promise<readonly string[]> => {
  if (verb === 'revoke') return cloud.grant(host, {from: [], signal});
  await cloud.revoke(host, signal);
  return [];
};

export const isOnlyHolder = (holders: readonly CloudHolder[], name: string): boolean =>
  holders.length === 1 && holders[0]?.host === name && holders[0].isWhole;

const heldElsewhere = (cloud: VipCloud, name: string, strangers: readonly CloudHolder[]): CloudFailed => {
  const who = strangers.map(({host, place}) => (host === undefined ? place : `${host} (${place})`)).join(', ');
  return new CloudFailed(`${cloud.name}: ${who} holds the VIP; it was not given to ${name}`, {
    hint: 'find out who uses it there, then take it away with mha-helper vip release',
    isWorthAnotherTry: false,
  });
};

/** Nobody is asked for duplicates: the API alone says who has an address. */
const vipOn = (config: HostConfig, cidr: string): Vip => ({
  cidr,
  interface: config.clusterInterface ?? '',
  announce: false,
  detectMs: 0,
  tombstoneMs: 0,
  sudo: config.requiresSudo,
});

const onHost = async (host: VipHost, $case: 'acquireVip' | 'releaseVip', vips: Vip[]): Promise<Result> => {
  const result = await host.intent({$case, value: {vips}});
  const wanted = $case === 'acquireVip';
  const wrong = result.vips.filter(vip => vip.present !== wanted);
  if (wrong.length === 0 && result.vips.length > 0) return result;
  const what = wrong.map(vip => vip.cidr).join(', ') || 'the address';
  throw new Error(`the agent reports success, but ${what} is ${wanted ? 'not present' : 'still there'}`);
};

const sayHost = ({changed, vips, notes}: Result, verb: string): VipOutcome => ({
  did: changed ? `${verb} ${vips.map(vip => `${vip.cidr} on ${vip.interface}`).join(', ')}` : '',
  notes,
});

const join = (outcomes: readonly (VipOutcome | undefined)[], otherwise: string): VipOutcome => ({
  did:
    outcomes
      .map(one => one?.did ?? '')
      .filter(did => did !== '')
      .join('; ') || otherwise,
  notes: outcomes.flatMap(one => one?.notes ?? []),
});
