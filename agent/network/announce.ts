import {readFile} from 'node:fs/promises';
import {basename} from 'node:path';
import {setTimeout as sleep} from 'node:timers/promises';
import type {Vip} from '../../proto/gen/mha_helper/v1/agent.ts';
import {addressKey, parseCidr} from './address.ts';
import {CommandFailed, type CommandResult, type RunningCommand} from './command.ts';
import type {Network} from './network.ts';
import {findAddress, readInterfaces} from './read-addresses.ts';

export type AnnouncedVip = Pick<Vip, 'cidr' | 'interface' | 'sudo'>;

/**
 * Tells the neighbours that the address is here: when this returns, the first frames have left, and repeats
 * (`repeatsAfterMs`) follow in the background for a minute. IPv4 sends both forms of gratuitous ARP, request and reply, since
 * some neighbours take only one of them. Never throws: what went wrong is returned as a note, since whether the
 * address is there decides, not the announcement.
 */
export const announce = async (
  network: Network,
  vip: AnnouncedVip,
  signal: AbortSignal,
): Promise<string | undefined> => {
  const problem = await sendOnce(network, vip, signal);
  if (problem !== undefined) return `${vip.cidr} was not announced on ${vip.interface}: ${problem}`;
  network.announcers.start(announcerKey(vip), async ending => {
    if (!(await isStillHere(network, vip, ending))) return false;
    return (await sendOnce(network, vip, ending)) === undefined;
  });
  return undefined;
};

/** Call it before the address goes: a late announcement would take clients away from its next holder. */
export const stopAnnouncing = (network: Network, vip: Pick<Vip, 'cidr'>): void =>
  network.announcers.stop(announcerKey(vip));

const announcerKey = ({cidr}: Pick<Vip, 'cidr'>): string => addressKey(parseCidr(cidr).address);

const isStillHere = async (network: Network, vip: AnnouncedVip, signal: AbortSignal): Promise<boolean> => {
  const held = findAddress(await readInterfaces(network, signal), parseCidr(vip.cidr).address);
  return held.some(each => each.interface === vip.interface);
};

/** Undefined when all frames have left; else what went wrong. */
const sendOnce = async (network: Network, vip: AnnouncedVip, signal: AbortSignal): Promise<string | undefined> => {
  try {
    if (parseCidr(vip.cidr).address.family === 6) return await advertise(network, vip, signal);
    if (network.tools.arpingKind === 'none') return 'arping is missing; install iputils-arping';
    const forms = ['request', 'reply'] as const;
    const problems = await Promise.all(forms.map(form => sendFrame(network, vip, form, signal)));
    return problems.find(problem => problem !== undefined);
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
};

const advertise = async (network: Network, vip: AnnouncedVip, signal: AbortSignal): Promise<string | undefined> => {
  if (network.tools.paths.ndptool === undefined) return 'ndptool is missing; install libndp-tools';
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
  const arping = network.start('arping', args, {sudo: vip.sudo, signal, timeoutMs: 2000});
  const left = await Promise.race([frameHasLeft(network, arping), arping.finished]);
  if (left === true || hasSent(left)) return undefined;
  return new CommandFailed({file: 'arping', args}, left).message;
};

/** Habets' arping exits with 1 because nobody answered, which nobody should. Its summary tells what it sent. */
const hasSent = ({exitCode, stdout}: CommandResult): boolean =>
  exitCode === 0 || /^[1-9]\d* packets transmitted/m.test(stdout);

/**
 * iputils arping sends its frame at once and then sleeps a second before it exits, which nobody can wait for; nor
 * does it print anything before. But the order of its system calls tells: it blocks SIGINT, sends the frame, and
 * only then sleeps (poll). So an arping that sleeps with SIGINT blocked has sent. Measured against a capture on
 * another host: known 5 to 10 ms after the start, and never before the frame.
 */
const frameHasLeft = async (network: Network, arping: RunningCommand): Promise<true> => {
  const name = basename(network.tools.paths.arping ?? '').slice(0, 15);
  let ended = false;
  void arping.finished.finally(() => {
    ended = true;
  });
  while (!ended) {
    if (arping.pid !== undefined && (await sleepsAfterSending(arping.pid, name))) return true;
    await sleep(1);
  }
  return new Promise(() => {}); // the exit code tells
};

const sigint = 0b10n;

const sleepsAfterSending = async (pid: number, name: string): Promise<boolean> => {
  // Gone, or hidden from us (hidepid): its exit code will tell.
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  const field = (key: string): string => new RegExp(`^${key}:\\s*(\\S+)`, 'm').exec(status)?.[1] ?? '';
  if (field('Name') === name) return field('State') === 'S' && (BigInt(`0x${field('SigBlk')}`) & sigint) !== 0n;
  // Behind sudo it is a child or grandchild.
  const children = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8').catch(() => '');
  for (const child of children.split(' ').filter(Boolean)) {
    if (await sleepsAfterSending(Number(child), name)) return true;
  }
  return false;
};
