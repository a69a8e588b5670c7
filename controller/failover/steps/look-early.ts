import type {Move} from '../move.ts';
import {reportOf, vipsOf} from '../survey.ts';

/**
 * The host that acquires next begins to look whether the addresses are anybody's, which takes longer than MHA's way to the
 * start phase. The old master may have them still: what it answers does not count, since nobody acquires before it was
 * seen without them. Nobody waits for it, and again is no harm: the start phase asks for the same, in case this was lost.
 */
export const lookEarly =
  ({oldMaster, newMaster: {agent, config}, vip, survey}: Move) =>
  (): void => {
    const expectedVips = vip.addressesOn(config);
    if (expectedVips.length === 0) return;
    const held = vipsOf(reportOf(survey, oldMaster.config), vip.cidrs).filter(({present}) => present);
    const holderMacs = held.map(({mac}) => mac.toLowerCase()).filter(mac => mac !== '');
    agent.getStatus({ports: [config.port], expectedVips, holderMacs}, {deadlineMs: lookMs}).catch(() => {});
  };

const lookMs = 1000;
