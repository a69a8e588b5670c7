import {setTimeout} from 'node:timers/promises';
import {AgentRefused} from '../../agents/errors.ts';
import {CloudFailed} from '../../vip/cloud.ts';
import {describeVip, type VipProvider} from '../../vip/provider.ts';
import {nameOf, type Party} from '../move.ts';
import type {Step} from '../plan.ts';

/** Between two tries; the first comes at once. */
const retryMs = 500;
/** Kept for the commit that follows. */
const reserveMs = 5000;

/**
 * Puts the VIP on the new master and announces it. The new master is writable by now, so a failure is tried again
 * until the deadline: an address in use may be gone in a second.
 */
export const acquireVip = (vip: VipProvider, party: Party, mayTakeFrom: readonly Party[] = []): Step => ({
  name: 'acquire VIP',
  hosts: [nameOf(party)],
  moves: describeVip(vip),
  run: async run => {
    for (;;) {
      try {
        return await vip.acquire(run.vipHost(party, {mayTakeFrom}));
      } catch (error) {
        if (!isWorthAnotherTry(error) || run.leftMs < reserveMs) throw error;
        run.options.tell(`    ${party.config.name}: ${(error as Error).message}; trying again`);
        await setTimeout(retryMs);
      }
    }
  },
});

const isWorthAnotherTry = (error: unknown): boolean =>
  (error instanceof AgentRefused && (error.reason === 'VIP_IN_USE' || error.reason === 'COMMAND_FAILED')) ||
  (error instanceof CloudFailed && error.isWorthAnotherTry);
