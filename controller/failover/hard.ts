import type {VipCloud} from '../vip/cloud.ts';
import type {VipProvider} from '../vip/provider.ts';
import type {Move, Party} from './move.ts';
import {giveWrites, type StartKnowledge} from './online.ts';
import type {Plan} from './plan.ts';
import {commit} from './steps/commit.ts';
import {demoteNowOrLater} from './steps/demote.ts';
import {releaseOrRevoke, revokeVip} from './steps/revoke-vip.ts';

/**
 * Take the VIP away from a master that MHA found dead, and writes as well: now, or as soon as its mysqld answers.
 * Kept on failure: there is no good state to go back to.
 */
export const hardStop = (
  {oldMaster, vip}: Pick<Move, 'oldMaster' | 'vip'>,
  {mysqldAnswers}: {readonly mysqldAnswers: boolean},
): Plan => ({
  name: 'hard stop',
  onFailure: 'keep',
  agentsKeep: true,
  steps: [releaseOrRevoke(vip, oldMaster), demoteNowOrLater(oldMaster, {mysqldAnswers}), commit([oldMaster])],
});

/** The same where no agent answers and an API decides about the VIP. Kept on failure: there is nothing to go back to. */
export const hardRevoke = (oldMaster: Party, vip: VipProvider, cloud: VipCloud): Plan => ({
  name: 'hard stop',
  onFailure: 'keep',
  steps: [revokeVip(vip, cloud, oldMaster)],
});

/** Give writes to the new master. Kept on failure: MHA has applied all logs there, it is the master from now on. */
export const hardStart = (move: Move, known: StartKnowledge): Plan => ({
  name: 'hard start',
  onFailure: 'keep',
  // it was found dead: where the API still gives it the VIP, that is what has to end
  steps: giveWrites(move, known, [move.oldMaster]),
});
