import type {AllowedVip} from '../config/agent-config.ts';
import type {Log} from '../log.ts';
import type {Instance} from '../mysql/instance.ts';
import type {Network} from '../network/network.ts';
import {releaseVip} from '../operation/release-vip.ts';

interface Means {
  readonly network: Network;
  readonly vips: readonly AllowedVip[];
  /** Any: an address that goes leaves no tombstone here. */
  readonly instance: Instance;
  readonly log: Log;
}

const boundMs = 5_000;

/** Takes off what network scripts have put on. Answers what could not be removed, one line each; the others go all the same. */
export const removeLeftoverVips = async ({network, vips, instance, log}: Means): Promise<readonly string[]> => {
  const failures: string[] = [];
  for (const vip of vips) {
    const context = {
      network,
      instance,
      signal: AbortSignal.timeout(boundMs),
      progress: () => {},
      willChange: async () => {}, // a boot is not undone
    };
    const asked = {...vip, announce: false, detectMs: 0, sudo: false, tombstoneMs: 0};
    try {
      const {changed} = await releaseVip(context, {vips: [asked]});
      if (changed) log.warn('boot: a VIP that network scripts had put on is removed', {vip: vip.cidr});
    } catch (error) {
      log.error('boot: a VIP is left over and cannot be removed', {vip: vip.cidr, error});
      failures.push(`boot: ${vip.cidr} is left over and cannot be removed: ${(error as Error).message}`);
    }
  }
  return failures;
};
