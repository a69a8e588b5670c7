import type {Vip} from '../../proto/gen/mha_helper/v1/agent.ts';
import type {VipProvider} from '../vip/provider.ts';
import type {Party} from './move.ts';
import type {AnsweringMacs} from './survey.ts';

/**
 * A neighbour on the same link answers within a few milliseconds; this is for a loaded one. All are waited for. The new master
 * listens once more, for `detect_ms`, before it takes the address.
 */
const answerMs = 50;

/**
 * Asks the link, from this host, which machines answer for the VIP; its agent leaves out its own. Undefined: it is on no
 * link, or the agent cannot tell, which shows better in what else it is asked for.
 */
export const askWhoAnswers = async ({agent, config}: Party, vip: VipProvider): Promise<AnsweringMacs | undefined> => {
  if (!vip.isOnLink) return undefined;
  const ask = async (address: Vip) => {
    const request = {target: {$case: 'vip', value: {vip: address}}, deadlineMs: answerMs} as const;
    const {macs} = await agent.probe(request, {deadlineMs: answerMs + 2000});
    return [address.cidr, macs] as const;
  };
  const answers = Promise.all(vip.addressesOn(config).map(ask));
  return answers.then(macs => new Map(macs)).catch(() => undefined);
};
