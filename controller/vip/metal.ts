import type {Result, Vip, VipStatus} from '../../proto/gen/mha_helper/v1/agent.ts';
import type {HostConfig} from '../config/cluster-config.ts';
import type {VipOutcome, VipProvider} from './provider.ts';

/** Addresses on the hosts' own interfaces, moved by their agents. */
export const metalVip = (addresses: MetalAddresses): VipProvider => ({
  name: addresses.cidrs.join(', '),
  cidrs: addresses.cidrs,
  isOnLink: true,
  cloud: undefined,
  addressesOn: config => vipsOn(config, addresses),
  acquire: async host => {
    const vips = vipsOn(host.config, addresses);
    return outcome(await host.intent({$case: 'acquireVip', value: {vips}}), 'acquired', 'present');
  },
  release: async host => {
    const vips = vipsOn(host.config, addresses);
    return outcome(await host.intent({$case: 'releaseVip', value: {vips}}), 'released', 'absent');
  },
  isHeldBy: (vips: readonly VipStatus[]) => vips.some(vip => addresses.cidrs.includes(vip.cidr) && vip.present),
});

export interface MetalAddresses {
  readonly cidrs: readonly string[];
  /** How long duplicate address detection listens. */
  readonly detectMs: number;
  /** How long the old host refuses connections after a release. */
  readonly tombstoneMs: number;
}

const vipsOn = (config: HostConfig, {cidrs, detectMs, tombstoneMs}: MetalAddresses): Vip[] =>
  cidrs.map(cidr => ({
    cidr,
    interface: config.clusterInterface ?? '',
    announce: config.requiresArping,
    detectMs,
    tombstoneMs,
    sudo: config.requiresSudo,
  }));

const outcome = ({changed, notes, vips}: Result, verb: string, wanted: 'present' | 'absent'): VipOutcome => {
  const wrong = vips.filter(vip => vip.present !== (wanted === 'present'));
  if (wrong.length > 0 || vips.length === 0)
    throw new Error(
      `the agent reports success, but ${wrong.map(vip => vip.cidr).join(', ') || 'the address'} is not ${wanted}`,
    );
  const where = vips.map(vip => `${vip.cidr} on ${vip.interface}`).join(', ');
  return {did: changed ? `${verb} ${where}` : `already ${wanted}`, notes};
};
