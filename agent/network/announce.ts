import type {Vip} from '../../proto/gen/mha_helper/v1/agent.ts';
import {addressKey, parseCidr} from './address.ts';
import {type Repeat, repeatsAfterMs} from './announcers.ts';
import {arpingHasSent} from './arping-has-sent.ts';
import {CommandFailed, type CommandResult} from './command.ts';
import {detectDuplicate} from './detect-duplicate.ts';
import type {Network} from './network.ts';
import {findAddress, readInterfaces} from './read-addresses.ts';

export type AnnouncedVip = Pick<Vip, 'cidr' | 'interface' | 'sudo'>;

/**
 * Tells the neighbours that the address is here: when this returns, the first frames have left, and repeats
 * (`repeatsAfterMs`) follow in the background for a minute, also after a first one that failed. IPv4 sends both forms of
 * gratuitous ARP, request and reply, since some neighbours take only one of them. Never throws: what went wrong is returned as a note, since whether the
 * address is there decides, not the announcement.
 */
export const announce = async (
  network: Network,
  vip: AnnouncedVip,
  signal: AbortSignal,
): Promise<string | undefined> => {
  const missing = missingSender(network, vip);
  const problem = missing ?? (await sendOnce(network, vip, signal));
  if (missing === undefined) {
    network.announcers.start(announcerKey(vip), async ending => {
      const state = await stateOf(network, vip, ending);
      if (state !== 'here') return state;
      const trouble = await sendOnce(network, vip, ending);
      if (trouble !== undefined) throw new Error(trouble);
      return 'announced';
    });
  }
  return problem === undefined ? undefined : `${vip.cidr} was not announced on ${vip.interface}: ${problem}`;
};

/**
 * For an address that has been here while the link was away: another machine may have got it meanwhile, and neighbours
 * may learn again only later (a switch that boots). So over the next minute each frame leaves only when nobody else
 * answers for the address; the first machine that does ends it.
 */
export const announceAgain = (
  network: Network,
  vip: AnnouncedVip,
  onRival: (macs: readonly string[]) => void,
): string | undefined => {
  const missing = missingSender(network, vip);
  if (missing !== undefined) return missing;
  const repeat: Repeat = async ending => {
    const state = await stateOf(network, vip, ending);
    if (state !== 'here') return state;
    const {macs} = await detectDuplicate(network, {...vip, detectMs: rivalAnswersMs}, ending);
    if (macs.length > 0) {
      onRival(macs);
      return 'gone';
    }
    const trouble = await sendOnce(network, vip, ending);
    if (trouble !== undefined) throw new Error(trouble);
    return 'announced';
  };
  network.announcers.start(announcerKey(vip), repeat, [0, ...repeatsAfterMs]);
  return undefined;
};

/** Nobody waits for it, so there is time for a loaded machine. */
const rivalAnswersMs = 300;

/** Call it before the address goes: a late announcement would take clients away from its next holder. */
export const stopAnnouncing = (network: Network, vip: Pick<Vip, 'cidr'>): void =>
  network.announcers.stop(announcerKey(vip));

const announcerKey = ({cidr}: Pick<Vip, 'cidr'>): string => addressKey(parseCidr(cidr).address);

/** `not_yet`: the kernel still looks for another machine with it, so this host does not answer for it. */
const stateOf = async (
  network: Network,
  vip: AnnouncedVip,
  signal: AbortSignal,
): Promise<'here' | 'not_yet' | 'gone'> => {
  const held = findAddress(await readInterfaces(network, signal), parseCidr(vip.cidr).address);
  const here = held.find(each => each.interface === vip.interface);
  if (here === undefined || here.detection === 'failed') return 'gone';
  return here.detection === 'done' ? 'here' : 'not_yet';
};

const missingSender = ({tools}: Network, {cidr}: AnnouncedVip): string | undefined => {
  if (parseCidr(cidr).address.family === 6) {
    return tools.paths.ndptool === undefined ? 'ndptool is missing; install libndp-tools' : undefined;
  }
  return tools.arpingKind === 'none' ? 'arping is missing; install iputils-arping' : undefined;
};

/** Undefined when all frames have left; else what went wrong. */
const sendOnce = async (network: Network, vip: AnnouncedVip, signal: AbortSignal): Promise<string | undefined> => {
  try {
    if (parseCidr(vip.cidr).address.family === 6) return await advertise(network, vip, signal);
    const forms = ['request', 'reply'] as const;
    const problems = await Promise.all(forms.map(form => sendFrame(network, vip, form, signal)));
    return problems.find(problem => problem !== undefined);
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
};

const advertise = async (network: Network, vip: AnnouncedVip, signal: AbortSignal): Promise<undefined> => {
  const {text} = parseCidr(vip.cidr).address;
  const args = ['-t', 'na', '-U', '-i', vip.interface, '-T', text, 'send'];
  await network.run('ndptool', args, {sudo: vip.sudo, signal, timeoutMs: 1000});
  return undefined;
};

const sendFrame = async (
  network: Network,
  vip: AnnouncedVip,
  form: 'request' | 'reply',
  signal: AbortSignal,
): Promise<string | undefined> => {
  const {text} = parseCidr(vip.cidr).address;
  const args =
    network.tools.arpingKind === 'iputils'
      ? [form === 'request' ? '-U' : '-A', '-c', '1', '-w', '1', '-I', vip.interface, text]
      : [form === 'request' ? '-U' : '-UP', '-c', '1', '-w', '0.01', '-i', vip.interface, '-S', text, text];
  const arping = network.start('arping', args, {sudo: vip.sudo, signal, timeoutMs: 1500});
  const left = await Promise.race([arpingHasSent(network, arping), arping.finished]);
  if (left === true || hasSent(left)) return undefined;
  return new CommandFailed({file: 'arping', args}, left).message;
};

/** Habets' arping exits with 1 because nobody answered, which nobody should. Its summary tells what it sent. */
const hasSent = ({exitCode, stdout}: CommandResult): boolean =>
  exitCode === 0 || /^[1-9]\d* packets transmitted/m.test(stdout);
