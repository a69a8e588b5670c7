import {type ChannelName, channelNames} from './channel.ts';

/**
 * The name of a report that waits says all that is needed to judge it: `<time>-<id>-<channel>-<attempts>.json`. Behind it
 * stands, while somebody delivers it, who that is: `.<pid>.<start time>.<boot id>`.
 */
export interface WaitingName {
  readonly name: string;
  readonly atMs: number;
  readonly channel: ChannelName;
  readonly attempts: number;
  readonly holder: {readonly pid: number; readonly startTime: string; readonly bootId: string} | undefined;
}

const pattern = new RegExp(
  `^((\\d{15})-([0-9a-f-]{36})-(${channelNames.join('|')})-(\\d{1,6})\\.json)(?:\\.(\\d+)\\.(\\d+)\\.([0-9a-f-]+))?$`,
);

export const parseWaitingName = (file: string): WaitingName | undefined => {
  const [, name = '', atMs, , channel, attempts, pid, startTime = '', bootId = ''] = pattern.exec(file) ?? [];
  const known = channelNames.find(one => one === channel);
  if (known === undefined) return undefined;
  const holder = pid === undefined ? undefined : {pid: Number(pid), startTime, bootId};
  return {name, atMs: Number(atMs), channel: known, attempts: Number(attempts), holder};
};

export const waitingName = (report: {id: string; atMs: number; channel: ChannelName; attempts: number}): string =>
  `${String(report.atMs).padStart(15, '0')}-${report.id}-${report.channel}-${report.attempts}.json`;
