import type {VipCloud} from '../vip/cloud.ts';
import type {VipProvider} from '../vip/provider.ts';
import type {Move, Party} from './move.ts';
import {giveWrites, type StartKnowledge} from './online.ts';
import type {Plan} from './plan.ts';
import {commit} from './steps/commit.ts';
import {demoteNowOrLater, demoteWhileItAnswers} from './steps/demote.ts';
import {releaseOrRevoke, revokeVip} from './steps/revoke-vip.ts';

/**
 * Take the VIP away from a master that MHA found dead, and writes as well: now, or as soon as its mysqld answers. One that
 * answers after all loses writes first, for the reasons of an online stop, and so that the time in which nobody may write
 * runs beside the release. Kept on failure: there is no good state to go back to.
 */
export const hardStop = (
  {oldMaster, vip, cluster}: Pick<Move, 'oldMaster' | 'vip' | 'cluster'>,
  {mysqldAnswers}: {readonly mysqldAnswers: boolean},
): Plan => {
  const release = releaseOrRevoke(vip, oldMaster);
  const demote = demoteNowOrLater(oldMaster, {mysqldAnswers});
  const releasesFirst = !mysqldAnswers || cluster.vipRelease === 'first';
  const closes = vip.addressesOn(oldMaster.config);
  return {
    name: 'hard stop',
    onFailure: 'keep',
    agentsKeep: true,
    steps: [
      ...(releasesFirst
        ? [release, demote]
        : [demoteWhileItAnswers(oldMaster, closes), release, {...demote, name: 'demote again'}]),
      commit([oldMaster]),
    ],
  };
};

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
