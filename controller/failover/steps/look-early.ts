import type {Move} from '../move.ts';
import {reportOf, vipsOf} from '../survey.ts';

/**
 * The host that acquires next begins to look whether the addresses are anybody's, which takes longer than all that comes before
 * it acquires. The old master has them still: what it answers does not count, since nobody acquires before it was seen
 * without them. Where the drain takes long, a later call looks again.
 */
export const lookWhileHeld = (move: Move) => (): void => {
  const {oldMaster, survey, vip} = move;
  const held = vipsOf(reportOf(survey, oldMaster.config), vip.cidrs).filter(({present}) => present);
  look(
    move,
    held.map(({mac}) => mac.toLowerCase()).filter(mac => mac !== ''),
  );
};

/** The same when the addresses are nobody's: whoever comes now is heard, and where MHA takes its time, the early look is too old. */
export const lookAgain = (move: Move) => (): void => look(move, []);

/** Nobody waits for it: the start phase asks for the same, in case this was lost. */
const look = ({newMaster: {agent, config}, vip}: Move, holderMacs: string[]): void => {
  const expectedVips = vip.addressesOn(config);
  if (expectedVips.length === 0) return;
  agent.getStatus({ports: [config.port], expectedVips, holderMacs}, {deadlineMs: lookMs}).catch(() => {});
};

const lookMs = 1000;
