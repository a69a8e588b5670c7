import type {ClusterConfig} from '../config/cluster-config.ts';
import {attempt, isDelivered} from './attempt.ts';
import {type ChannelName, channelNames, reasonOf} from './channel.ts';
import {channelsOf} from './channels.ts';
import {
  claimReport,
  dropReport,
  forgetReport,
  giveBack,
  isDue,
  isTooOld,
  listWaiting,
  queueOf,
  type Waiting,
} from './queue.ts';
import type {WaitingName} from './waiting-file.ts';

/** Of a cluster, what its reports need. */
export type Settings = Pick<ClusterConfig, 'stateDir' | 'name' | 'report' | 'hosts'>;

interface Retry {
  readonly settings: Settings;
  readonly channels?: readonly ChannelName[];
  readonly signal: AbortSignal;
  readonly tell: (line: string) => void;
}

/** True: some report waits whose time has come, or has passed. False as well where this user may not look. */
export const hasDue = async ({stateDir, name}: Pick<Settings, 'stateDir' | 'name'>): Promise<boolean> => {
  const queue = queueOf(stateDir, name);
  const waiting = await listWaiting(queue).catch(() => []);
  for (const one of waiting) if (isTooOld(one) || (await isDue(queue, one))) return true;
  return false;
};

/** Sends what waits, oldest first, the ways side by side. A way that fails is left alone until the next time. */
export const retryWaiting = async ({channels = channelNames, ...retry}: Retry): Promise<void> => {
  const queue = queueOf(retry.settings.stateDir, retry.settings.name);
  try {
    const waiting = await listWaiting(queue);
    await Promise.all(
      channels.map(async channel => {
        const own = waiting.filter(one => one.channel === channel);
        for (const one of own) if (!(await retryOne(one, {...retry, queue}))) return;
      }),
    );
  } catch (error) {
    retry.tell(`note: waiting reports were not sent: ${reasonOf(error)}`);
  }
};

/** False: this way does not work now. */
const retryOne = async (
  one: WaitingName,
  {settings, signal, tell, queue}: Omit<Retry, 'channels'> & {readonly queue: string},
): Promise<boolean> => {
  if (signal.aborted) return false;
  const label = `report of ${new Date(one.atMs).toISOString()}`;
  if (isTooOld(one)) {
    if (await dropReport(queue, one)) tell(`${one.channel}: ${label} was given up after a week`);
    return true;
  }
  if (!(await isDue(queue, one))) return true;
  const claimed = await claimReport(queue, one);
  if (claimed === undefined) return true;
  const channel = channelFor(claimed.waiting, settings);
  if (channel === undefined) {
    await forgetReport(claimed);
    tell(`${one.channel}: ${label} was given up: this way is not configured any more`);
    return true;
  }
  const tried = await attempt(channel, {...claimed.waiting.notice, isDelayed: true}, signal);
  if (isDelivered(tried)) {
    await forgetReport(claimed);
    for (const line of [tried.said, ...tried.refused]) tell(`${label}: ${line}`);
    return true;
  }
  await giveBack(queue, claimed, tried.reason);
  tell(`${one.channel}: ${label}: ${tried.reason}`);
  return false;
};

/** How it is sent is what the configuration says now: whoever mends a URL gets what has waited for it. */
const channelFor = ({channel, section}: Waiting, {hosts, report}: Settings) => {
  const host = hosts.find(({name, port}) => `${name}:${port}` === section);
  return channelsOf(host?.report ?? report).find(({name}) => name === channel);
};
