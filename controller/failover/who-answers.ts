import type {ProbeResponse, Vip} from '../../proto/gen/mha_helper/v1/agent.ts';
import type {Party} from './move.ts';

/**
 * A neighbour on the same link answers within a few milliseconds; this is for a loaded one. All are waited for. The new master
 * listens once more, for `detect_ms`, before it takes the address.
 */
const answerMs = 50;

/** Asks the link, from a host that should not have them, which machines answer for these addresses. */
export const askWhoAnswers = async (
  {agent}: Party,
  vips: readonly Vip[],
): Promise<ReadonlyMap<string, ProbeResponse>> => {
  const answers = await Promise.all(
    vips.map(async vip => {
      const request = {target: {$case: 'vip', value: {vip}}, deadlineMs: answerMs} as const;
      return [vip.cidr, await agent.probe(request, {deadlineMs: answerMs + 2000})] as const;
    }),
  );
  return new Map(answers);
};
