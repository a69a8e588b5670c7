import type {VipCloud} from '../../vip/cloud.ts';
import {revoke} from '../../vip/cloud-vip.ts';
import {describeVip, type VipProvider} from '../../vip/provider.ts';
import {nameOf, type Party} from '../move.ts';
import type {Step} from '../plan.ts';

/** Takes the VIP from a host that nobody can reach: its packets do not go there any more, dead or alive. */
export const revokeVip = (vip: VipProvider, cloud: VipCloud, party: Party): Step => ({
  name: 'revoke VIP',
  hosts: [nameOf(party)],
  moves: describeVip(vip),
  run: run => revoke(cloud, run.vipHost(party)),
});

/** Takes the VIP off a host; where its agent cannot, the API can. */
export const releaseOrRevoke = (vip: VipProvider, party: Party): Step => ({
  name: 'release VIP',
  hosts: [nameOf(party)],
  moves: describeVip(vip),
  run: async run => {
    try {
      return await vip.release(run.vipHost(party));
    } catch (error) {
      if (vip.cloud === undefined) throw error;
      const {message} = error as Error;
      const {did, notes} = await revoke(vip.cloud, run.vipHost(party)).catch((cause: unknown) => {
        throw new NeitherWay(message, cause as Error & {hint?: string});
      });
      return {did, notes: [message, ...notes]};
    }
  },
});

/** The agent could not release it, nor could the API revoke it. */
class NeitherWay extends Error {
  override readonly name = 'NeitherWay';
  readonly hint: string;

  constructor(agentSays: string, cause: Error & {readonly hint?: string}) {
    super(`${agentSays}, and ${cause.message}`, {cause});
    this.hint = cause.hint ?? '';
  }
}
