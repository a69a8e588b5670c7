import type {Vip} from '../../proto/gen/mha_helper/v1/agent.ts';
import {parseCidr} from './address.ts';
import {askLink} from './ask-link.ts';
import type {Network} from './network.ts';
import {findAddress, readInterfaces} from './read-addresses.ts';

/**
 * Which other machines answer for the address on the link of that interface: their MAC addresses, in the order
 * heard. This host itself is never among them. Rejects when it cannot ask.
 */
export const whoHas = async (
  network: Network,
  vip: Pick<Vip, 'cidr' | 'interface' | 'sudo'>,
  {deadlineMs, signal}: {readonly deadlineMs: number; readonly signal: AbortSignal},
): Promise<string[]> => {
  const held = findAddress(await readInterfaces(network, signal), parseCidr(vip.cidr).address);
  // A holder that asks in its own name announces itself by asking; so it asks like one that has no address yet.
  const want = held.length > 0 ? 'first' : 'all';
  return [...(await askLink(network, {...vip, deadlineMs, want, signal}))];
};
