import {parseCidr} from './address.ts';
import {CommandFailed} from './command.ts';
import type {Network} from './network.ts';

export interface LinkQuestion {
  readonly cidr: string;
  readonly interface: string;
  readonly sudo: boolean;
  readonly deadlineMs: number;
  /**
   * `first`: ask without showing an address of our own, end with the first answer. `all`: listen a little longer for a
   * second one. `whole`: listen until the deadline, whoever answers.
   */
  readonly want: 'first' | 'all' | 'whole';
  readonly signal: AbortSignal;
}

/**
 * Asks on the link who has the address: MAC addresses in lower case, in the order heard. Empty means that the
 * question was sent and nobody answered in time. Rejects when it could not ask.
 */
export const askLink = async (network: Network, question: LinkQuestion): Promise<readonly string[]> => {
  if (parseCidr(question.cidr).address.family === 6) {
    if (network.tools.paths.ndisc6 === undefined) throw new Error('ndisc6 is missing; install ndisc6');
    return askWithNdisc6(network, question);
  }
  if (network.tools.arpingKind === 'none') throw new Error('arping is missing; install iputils-arping');
  return network.tools.arpingKind === 'iputils' ? askWithIputils(network, question) : askWithHabets(network, question);
};

/** How long a second machine may take after the first has answered. Neighbours on a link answer within a few milliseconds. */
const secondAnswerMs = 20;
/**
 * What a tool may take beyond its bound to start, sum up and exit. Only a loaded host needs it, and there it is better
 * than an answer that nobody waits for.
 */
const slackMs = 300;
const sudoSlackMs = 50;

/**
 * `arping -D` exits at once when it hears an answer, and sleeps a whole second when it does not. So it is told to
 * sum up (SIGINT) at the bound, and its summary is the evidence that the question was sent.
 */
const askWithIputils = async (network: Network, question: LinkQuestion): Promise<readonly string[]> => {
  const {deadlineMs, sudo, signal, want} = question;
  const seconds = String(Math.ceil(deadlineMs / 1000));
  const form = want === 'first' ? '-D' : '-b';
  const args = [form, '-w', seconds, '-I', question.interface, parseCidr(question.cidr).address.text];
  // Behind sudo it cannot be told, and the bound is its end: slack would only be outage.
  const timeoutMs = deadlineMs + (sudo ? sudoSlackMs : slackMs);
  const arping = network.start('arping', args, {sudo, signal, timeoutMs});
  const sumUp = () => arping.stop('SIGINT');
  const timers = [setTimeout(sumUp, deadlineMs)];
  let heard = '';
  arping.onOutput(text => {
    heard += text;
    if (want === 'all' && macsIn(heard).length > 0) timers.push(setTimeout(sumUp, secondAnswerMs));
  });
  const result = await arping.finished;
  for (const timer of timers) clearTimeout(timer);
  const macs = macsIn(`${heard}\n${result.stdout}`);
  // Behind sudo nobody can make arping sum up: silence until the bound is all there is.
  const sent = /^Sent [1-9]/m.test(result.stdout) || (sudo && result.exitCode === undefined && !signal.aborted);
  if (macs.length === 0 && !sent) throw new CommandFailed({file: 'arping', args}, result);
  return macs;
};

const askWithHabets = async (network: Network, question: LinkQuestion): Promise<readonly string[]> => {
  const {deadlineMs, sudo, signal, want} = question;
  const form = want === 'first' ? ['-0', '-C', '1'] : [];
  const seconds = String(deadlineMs / 1000);
  const args = [...form, '-r', '-c', '1', '-w', seconds, '-i', question.interface];
  args.push(parseCidr(question.cidr).address.text);
  const result = await network.start('arping', args, {sudo, signal, timeoutMs: deadlineMs + slackMs}).finished;
  const macs = macsIn(result.stdout);
  // Exit 1 is "nobody answered" as well as "cannot ask"; only the second has something to say.
  if (macs.length === 0 && (result.exitCode === undefined || result.stderr !== '')) {
    throw new CommandFailed({file: 'arping', args}, result);
  }
  return macs;
};

const askWithNdisc6 = async (network: Network, question: LinkQuestion): Promise<readonly string[]> => {
  const {deadlineMs, sudo, signal, want} = question;
  const args = ['-q', want === 'first' ? '-1' : '-m', '-r', '1', '-w', String(deadlineMs)];
  args.push(parseCidr(question.cidr).address.text, question.interface);
  const result = await network.start('ndisc6', args, {sudo, signal, timeoutMs: deadlineMs + slackMs}).finished;
  // 2: nobody answered.
  if (result.exitCode !== 0 && result.exitCode !== 2) throw new CommandFailed({file: 'ndisc6', args}, result);
  return macsIn(result.stdout);
};

const macsIn = (text: string): readonly string[] => [
  ...new Set([...text.matchAll(/\b(?:[0-9a-f]{2}:){5}[0-9a-f]{2}\b/gi)].map(([mac]) => mac.toLowerCase())),
];
