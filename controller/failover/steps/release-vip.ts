import {describeVip, type VipProvider} from '../../vip/provider.ts';
import {nameOf, type Party} from '../move.ts';
import type {Step} from '../plan.ts';

export const releaseVip = (vip: VipProvider, party: Party): Step => ({
  name: 'release VIP',
  hosts: [nameOf(party)],
  moves: describeVip(vip),
  run: run => vip.release(run.vipHost(party)),
});
