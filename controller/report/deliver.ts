import type {ReportConfig} from '../config/cluster-config.ts';
import {attempt, deadline, isDelivered} from './attempt.ts';
import {type Channel, reasonOf, until} from './channel.ts';
import {channelsOf} from './channels.ts';
import type {Notice} from './notice.ts';
import {type Claimed, forgetReport, giveBack, keepReport, makeRoom, mostWaiting, queueOf} from './queue.ts';
import {retryWaiting, type Settings} from './retry.ts';

/** What telling people may take in all, whichever ways and whatever hangs. */
export const deliverMs = 10_000;
/** A disk that hangs must not keep a report from being sent. */
const keepMs = 1500;

export interface Delivery {
  readonly settings: Settings;
  /** Section whose settings send it, `host:port`; undefined: those of [default]. */
  readonly section: string | undefined;
  readonly config: ReportConfig;
  readonly notice: Notice;
  readonly tell: (line: string) => void;
  readonly withinMs?: number;
}

/**
 * Tells people all ways that are configured, side by side, within one deadline. Each way that fails leaves its report in
 * the state directory for the next command. True: every way was taken by everybody.
 */
export const deliver = async (delivery: Delivery): Promise<boolean> => {
  const channels = channelsOf(delivery.config);
  if (channels.length === 0)
    delivery.tell('report_email is empty, and so are report_webhook and report_command: nobody is told');
  const {signal, clear} = deadline(delivery.withinMs ?? deliverMs);
  try {
    const taken = await Promise.all(channels.map(channel => deliverOne(channel, delivery, signal)));
    return !taken.includes(false);
  } finally {
    clear();
  }
};

const deliverOne = async (channel: Channel, delivery: Delivery, signal: AbortSignal): Promise<boolean> => {
  const {settings, notice, tell} = delivery;
  const queue = queueOf(settings.stateDir, settings.name);
  const kept = keep(channel, delivery, queue);
  const isOnDisk = await until(AbortSignal.timeout(keepMs), kept).catch(() => undefined);
  const tried = await attempt(channel, notice, signal);
  if (!isDelivered(tried)) {
    const isKept = isOnDisk !== undefined && (await returnToQueue(queue, isOnDisk, tried.reason));
    tell(`${channel.name}: ${tried.reason}${isKept ? '; kept, the next mha-helper command tries again' : ''}`);
    if (tried.hint !== undefined) tell(`  ${tried.hint}`);
    return false;
  }
  tell(tried.said);
  for (const line of tried.refused) tell(line);
  const forgotten = kept.then(claimed => claimed && forgetReport(claimed)).catch(() => {}); // it would be sent again
  if (isOnDisk !== undefined) {
    await forgotten;
    await retryWaiting({settings, channels: [channel.name], signal, tell});
  }
  return tried.refused.length === 0;
};

const keep = async (
  {name: channel}: Channel,
  {notice, section, tell}: Delivery,
  queue: string,
): Promise<Claimed | undefined> => {
  try {
    const dropped = await makeRoom(queue);
    if (dropped > 0)
      tell(`note: ${mostWaiting} reports wait already; ${dropped} of the oldest will not be sent any more`);
    return await keepReport(queue, {channel, section, notice, attempts: 0, reason: undefined});
  } catch (error) {
    tell(`note: if it fails there is no second try of this report: ${reasonOf(error)}`);
    return undefined;
  }
};

const returnToQueue = (queue: string, claimed: Claimed, reason: string): Promise<boolean> =>
  until(AbortSignal.timeout(keepMs), giveBack(queue, claimed, reason)).then(
    () => true,
    () => false,
  );
