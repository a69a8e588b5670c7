import type {VipCloud} from '../../vip/cloud.ts';
import {revoke} from '../../vip/cloud-vip.ts';
import type {VipProvider} from '../../vip/provider.ts';
import {nameOf, type Party} from '../move.ts';
import type {Step} from '../plan.ts';

/** Takes the VIP from a host that nobody can reach: its packets do not go there any more, dead or alive. */
export const revokeVip = (cloud: VipCloud, party: Party): Step => ({
  name: 'revoke VIP',
  hosts: [nameOf(party)],
  run: run => revoke(cloud, run.vipHost(party)),
});

/** Takes the VIP off a host; where its agent cannot, the API can. */
export const releaseOrRevoke = (vip: VipProvider, party: Party): Step => ({
  name: 'release VIP',
  hosts: [nameOf(party)],
  run: async run => {
    try {
      return await vip.release(run.vipHost(party));
    } catch (error) {
      if (vip.cloud === undefined) throw error;
      const {did, notes} = await revoke(vip.cloud, run.vipHost(party));
      return {did, notes: [(error as Error).message, ...notes]};
    }
  },
});
