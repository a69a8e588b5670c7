import type {Move} from './move.ts';
import {giveWrites, type StartKnowledge} from './online.ts';
import type {Plan} from './plan.ts';
import {commit} from './steps/commit.ts';
import {demote} from './steps/demote.ts';
import {releaseVip} from './steps/release-vip.ts';

/**
 * Take the VIP away from a master that MHA found dead, and writes as well if its mysqld answers after all.
 * Kept on failure: there is no good state to go back to.
 */
export const hardStop = (
  {oldMaster, vip}: Pick<Move, 'oldMaster' | 'vip'>,
  {mysqldAnswers}: {readonly mysqldAnswers: boolean},
): Plan => ({
  name: 'hard stop',
  onFailure: 'keep',
  steps: [
    releaseVip(vip, oldMaster),
    ...(mysqldAnswers ? [demote(oldMaster, {name: 'demote', graceMs: 0})] : []),
    commit(oldMaster),
  ],
});

/** Give writes to the new master. Kept on failure: MHA has applied all logs there, it is the master from now on. */
export const hardStart = (move: Move, known: StartKnowledge): Plan => ({
  name: 'hard start',
  onFailure: 'keep',
  steps: giveWrites(move, known),
});
