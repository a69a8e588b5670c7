import type {WriterReport} from '../fixtures/writer-protocol.ts';
import type {Lab} from '../lab/lab.ts';
import type {DbHost} from '../lab/topology.ts';
import {startWriter, type Writer} from '../lab/writer.ts';
import {hooksOf} from './hook-calls.ts';
import {placeMaster} from './place-master.ts';

/** Milliseconds after which a client gives a connection attempt up. */
export const connectTimeouts = [200, 10_000] as const;
export type ConnectTimeout = (typeof connectTimeouts)[number];

export const ways = ['with', 'without'] as const;
export type Way = (typeof ways)[number];

/** The same for both clients. */
export const clientOptions = {writers: 1, rate: 300, statementTimeoutMs: 2000} as const;

export interface MeasuredTombstones {
  readonly switches: number;
  /** Write outages, one a switch. */
  readonly outagesMs: Readonly<Record<Way, Readonly<Record<ConnectTimeout, readonly number[]>>>>;
  readonly reports: readonly WriterReport[];
}

type Writers = Readonly<Record<ConnectTimeout, Writer>>;

/** Both clients see every switch. They go there with one way and back with the other, and take turns in beginning. */
export const measureTombstones = async (
  lab: Lab,
  switches: number,
  tell: (line: string) => void,
): Promise<MeasuredTombstones> => {
  const outagesMs: Record<Way, Record<ConnectTimeout, number[]>> = {
    with: {200: [], 10000: []},
    without: {200: [], 10000: []},
  };
  await lab.rebuild('db1');
  await placeMaster(lab);
  await lab.writeMhaConfig(hooksOf.ours);
  const writers = await startWriters(lab);
  try {
    let master: DbHost = 'db1';
    for (let pair = 0; pair < switches; pair++) {
      for (const way of pair % 2 === 0 ? ways : ways.toReversed()) {
        master = master === 'db1' ? 'db2' : 'db1';
        const seen = await measureSwitch(lab, writers, {way, to: master});
        for (const timeout of connectTimeouts) outagesMs[way][timeout].push(seen[timeout]);
        const text = connectTimeouts.map(timeout => `${Math.round(seen[timeout])} ms at ${timeout}`).join(', ');
        tell(`switch ${pair + 1} of ${switches} to ${master}, ${way}: ${text}`);
      }
    }
    const reports = await Promise.all(connectTimeouts.map(timeout => writers[timeout].finish(master)));
    return {switches, outagesMs, reports};
  } finally {
    for (const timeout of connectTimeouts) writers[timeout].kill();
  }
};

const startWriters = async (lab: Lab): Promise<Writers> => {
  const start = (connectTimeoutMs: number, firstWriter: number) =>
    startWriter(lab, {...clientOptions, connectTimeoutMs, firstWriter});
  const soon = await start(200, 0);
  try {
    return {200: soon, 10000: await start(10_000, 1)};
  } catch (error) {
    soon.kill();
    throw error;
  }
};

const measureSwitch = async (
  lab: Lab,
  writers: Writers,
  {way, to}: {readonly way: Way; readonly to: DbHost},
): Promise<Readonly<Record<ConnectTimeout, number>>> => {
  await lab.writeClusterConfig({defaults: {tombstone_seconds: way === 'with' ? '120' : '0'}});
  const {result, outage: patient} = await writers[10_000].around(to, async () => {
    const {result: switched, outage} = await writers[200].around(to, () => lab.switchMaster({to}));
    if (switched.code !== 0) throw new Error(`MHA could not switch to ${to}:\n${switched.stdout}${switched.stderr}`);
    return outage;
  });
  for (const {open} of [result, patient])
    if (open) throw new Error(`a client writes no more after the switch to ${to}`);
  await lab.catchUp(to === 'db1' ? 'db2' : 'db1', to);
  return {200: result.outageMs, 10000: patient.outageMs};
};
