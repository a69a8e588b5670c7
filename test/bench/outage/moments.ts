import {timelineOf} from '../../../controller/command/show/timeline.ts';
import {type FailoverRecord, listRecords, readRecord} from '../../../controller/record/record-file.ts';
import type {Running} from '../../lab/hosts.ts';
import type {Lab} from '../../lab/lab.ts';
import {type DbHost, writerVip} from '../../lab/topology.ts';
import type {Moments} from './parts.ts';

/** Ears on the link of the client and on the addresses of the new master, while masters are switched. */
export interface Ears {
  /** When the address came to the new master, and when its first announcement came to the client's link. */
  hear(to: DbHost, sinceMs: number): Promise<Pick<Moments, 'acquired' | 'announced'>>;
  close(): void;
}

const frames = '/var/log/bench-frames';
const [vip = ''] = writerVip.split('/');

export const openEars = async (lab: Lab): Promise<Ears> => {
  const sniff = ['tcpdump', '-l', '-n', '-e', '-tt', '-i', 'eth0', 'arp'];
  const watch = ['ip', '-ts', '-o', 'monitor', 'address'];
  const running: Running[] = [await lab.spawn('client', sniff, {log: frames})];
  for (const host of ['db1', 'db2'] as const)
    running.push(await lab.spawn(host, watch, {log: '/var/log/bench-changes'}));
  return {
    hear: async (to, sinceMs) => {
      const mac = (await lab.read(to, '/sys/class/net/eth0/address')).trim();
      const changes = linesWith(await lab.read(to, '/var/log/bench-changes'), [` ${writerVip} `]);
      // without a zone, as `ip` prints it: the lab's hosts share this process's
      const acquired = changes.filter(line => !line.includes('Deleted')).map(line => Date.parse(line.slice(1, 27)));
      const announced = linesWith(await lab.read('client', frames), [`${mac} > `, vip])
        .filter(isGratuitous)
        .map(line => Number.parseFloat(line) * 1000);
      return {acquired: firstSince(acquired, sinceMs), announced: firstSince(announced, sinceMs)};
    },
    close: () => {
      for (const each of running) each.kill();
    },
  };
};

/** Of the newest failover: its record, what the agents logged, and what was heard. */
export const momentsOf = async (lab: Lab, ears: Ears, {from, to}: Record<'from' | 'to', DbHost>): Promise<Moments> => {
  const record = await newestRecord(lab);
  const {phases} = timelineOf(record);
  const [stop, start] = [
    phases.find(({name}) => name === 'online stop'),
    phases.find(({name}) => name === 'online start'),
  ];
  const ofStep = (phase: typeof stop, name: string) => phase?.steps.find(({step}) => step === name);
  if (stop === undefined || start === undefined) throw new Error(`${record.path} is not the record of a whole switch`);
  const [demote, release, promote] = [ofStep(stop, 'demote'), ofStep(stop, 'release VIP'), ofStep(start, 'promote')];
  if (demote === undefined || release === undefined || promote === undefined)
    throw new Error(`${record.path} lacks a step`);
  const {acquired, announced} = await ears.hear(to, stop.beganMs);
  return {
    ...{stopBegan: stop.beganMs, stopPlan: stop.atMs, demoteBegan: demote.startMs},
    ...{readOnly: await readOnlySince(lab, from, stop.beganMs), demoted: demote.endMs, released: release.endMs},
    ...{stopEnded: stop.endMs, startBegan: start.beganMs, startPlan: start.atMs, promoted: promote.endMs},
    ...{acquired, announced},
  };
};

const newestRecord = async (lab: Lab): Promise<FailoverRecord> => {
  const [newest = ''] = await listRecords(lab.pathOf('mgr', '/var/lib/mha-helper'), 'lab');
  const record = await readRecord(newest);
  if (record === undefined) throw new Error(`${newest} is no record`);
  return record;
};

/** The agent says when its SET had its answer. */
const readOnlySince = async (lab: Lab, host: DbHost, sinceMs: number): Promise<number> => {
  const times = linesWith(await lab.agentLog(host), ['read_only is on (']).map(line =>
    Date.parse(JSON.parse(line).time),
  );
  return firstSince(times, sinceMs);
};

const linesWith = (text: string, parts: readonly string[]): readonly string[] =>
  text.split('\n').filter(line => parts.every(part => line.includes(part)));

const isGratuitous = (line: string): boolean =>
  line.includes(`who-has ${vip} `) ? line.includes(`tell ${vip}`) : line.includes(`${vip} is-at`);

const firstSince = (times: readonly number[], sinceMs: number): number => {
  const first = times.find(time => time >= sinceMs);
  if (first === undefined) throw new Error('a moment of the switch was not seen by anybody');
  return first;
};
