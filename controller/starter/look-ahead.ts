import {setTimeout} from 'node:timers/promises';
import type {Vip} from '../../proto/gen/mha_helper/v1/agent.ts';
import {keyOf} from '../failover/cluster-facts.ts';
import {readCurrent} from '../failover/half-done.ts';
import type {Party} from '../failover/move.ts';
import {knowledgeOf} from '../failover/online.ts';
import {selectVip} from '../vip/select.ts';
import type {Prepared} from './run-starter.ts';

/** Agents believe an answer for five seconds, and ask nobody meanwhile. */
const againMs = 5050;

/**
 * To listen for another holder of the VIP takes longer than all else in a start, and nobody knows when MHA will start after a
 * hard stop. So whoever may become the new master listens again and again until then. Only where this failover has seen the old
 * master without the VIP: of one that nobody could reach, a look from before the start would say too little.
 */
export const lookAhead = async ({cluster, oldParty, candidates}: Prepared, isBusy: () => boolean): Promise<void> => {
  const vip = selectVip(cluster.vip);
  const {record} = await readCurrent(cluster.stateDir, cluster.name);
  const isOurs = record?.head.kind === 'hard' && record.head.oldMaster === keyOf(oldParty);
  const isReleased = isOurs && knowledgeOf(record).recorded?.fencing === 'released';
  while (isReleased) {
    if (!isBusy()) await Promise.allSettled(candidates.map(party => look(party, vip.addressesOn(party.config))));
    await setTimeout(againMs, undefined, {ref: false});
  }
};

const look = async ({agent, config}: Party, expectedVips: Vip[]): Promise<void> => {
  if (expectedVips.length === 0) return;
  await agent.getStatus({ports: [config.port], cidrs: [], brief: true, expectedVips}, {deadlineMs: lookMs});
};

const lookMs = 1000;
