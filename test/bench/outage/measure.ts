import type {Outage} from '../../fixtures/writer-protocol.ts';
import {productHooks} from '../../lab/furnish.ts';
import type {Lab} from '../../lab/lab.ts';
import {type DbHost, dbHosts} from '../../lab/topology.ts';
import {startWriter, type Writer} from '../../lab/writer.ts';
import {placeMaster} from '../place-master.ts';
import type {Load, LoadClient} from './loads.ts';
import {type Ears, momentsOf, openEars} from './moments.ts';
import type {Moments, Span} from './parts.ts';

/** One switch as one client saw it. */
export interface Sample {
  readonly moments: Moments;
  readonly outage: Span;
  /** Of each of its writers the slowest write, from its first try to its acknowledgement. */
  readonly slowestWritesMs: readonly number[];
}

export interface ClientMeasured {
  readonly load: string;
  readonly client: LoadClient;
  readonly samples: readonly Sample[];
  readonly acknowledged: number;
  readonly lost: number;
}

/** Switches back and forth by real MHA; all clients of the load write all the while. */
export const measureLoad = async (
  lab: Lab,
  load: Load,
  {switches, tell}: {readonly switches: number; readonly tell: (line: string) => void},
): Promise<readonly ClientMeasured[]> => {
  await lab.rebuild('db1');
  await lab.writeMhaConfig(productHooks());
  // a pool is larger than what MariaDB takes by default
  await Promise.all(dbHosts.map(host => lab.sql(host, 'SET GLOBAL max_connections = 1000')));
  await placeMaster(lab);
  const ears = await openEars(lab);
  const writers: Writer[] = [];
  try {
    for (const {options} of load.clients) writers.push(await startWriter(lab, options));
    const samples = writers.map((): Sample[] => []);
    for (let round = 0; round < switches; round++) {
      const [from, to]: readonly DbHost[] = round % 2 === 0 ? ['db1', 'db2'] : ['db2', 'db1'];
      const seen = await switchUnder(lab, {writers, ears, from: from ?? 'db1', to: to ?? 'db2'});
      for (const [index, sample] of seen.entries()) samples[index]?.push(sample);
      const told = seen.map(({outage}) => `${Math.round(outage.toMs - outage.fromMs)} ms`);
      tell(`${load.name}: switch ${round + 1} of ${switches}, to ${to}: ${told.join(' and ')} without a write`);
    }
    const reports = await Promise.all(writers.map(writer => writer.finish(switches % 2 === 0 ? 'db1' : 'db2')));
    return load.clients.map((client, index) => ({
      ...{load: load.name, client, samples: samples[index] ?? []},
      ...{acknowledged: reports[index]?.acknowledged ?? 0, lost: reports[index]?.lost ?? Number.NaN},
    }));
  } finally {
    for (const writer of writers) writer.kill();
    ears.close();
  }
};

interface Turn {
  readonly writers: readonly Writer[];
  readonly ears: Ears;
  readonly from: DbHost;
  readonly to: DbHost;
}

const switchUnder = async (lab: Lab, {writers, ears, from, to}: Turn): Promise<readonly Sample[]> => {
  const outages: Outage[] = [];
  const act = writers.reduce<() => Promise<void>>(
    (inner, writer, index) => async () => {
      outages[index] = (await writer.around(`to ${to}`, inner)).outage;
    },
    async () => {
      const {code, stdout, stderr} = await lab.switchMaster({to});
      if (code !== 0) throw new Error(`MHA could not switch to ${to}:\n${stdout}${stderr}`);
    },
  );
  await act();
  await lab.catchUp(from, to);
  const moments = await momentsOf(lab, ears, {from, to});
  return outages.map(({outageMs, beganAtMs, slowestWritesMs, open}) => {
    if (open) throw new Error(`a client writes no more after the switch to ${to}`);
    return {moments, slowestWritesMs, outage: {fromMs: beganAtMs, toMs: beganAtMs + outageMs}};
  });
};
