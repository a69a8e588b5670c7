import type {WriterOptions} from '../fixtures/writer-protocol.ts';
import type {Lab} from '../lab/lab.ts';
import type {DbHost} from '../lab/topology.ts';
import {startWriter, type Writer} from '../lab/writer.ts';
import {hooksOf, type Side} from './hook-calls.ts';
import {placeMaster} from './place-master.ts';
import {type Spread, spreadOf} from './spread.ts';

export interface Outages {
  readonly client: Client;
  readonly outageMs: Readonly<Record<Side, Spread>>;
  readonly acknowledged: number;
  readonly lost: number;
}

type Client = Pick<WriterOptions, 'writers' | 'rate' | 'connectTimeoutMs' | 'statementTimeoutMs'>;

/** The same for both sides. */
const client: Client = {writers: 1, rate: 300, connectTimeoutMs: 200, statementTimeoutMs: 2000};

/** Write outages of online switches by real MHA, as one client saw them, in turns: there with one side, back with the other. */
export const measureOutages = async (lab: Lab, switches: number, tell: (line: string) => void): Promise<Outages> => {
  const measured: Record<Side, number[]> = {ours: [], script: []};
  await lab.rebuild('db1');
  await placeMaster(lab);
  const writer = await startWriter(lab, client);
  try {
    let master: DbHost = 'db1';
    for (let pair = 0; pair < switches; pair++) {
      // Each side begins every other pair, so that it switches to both hosts.
      const order: readonly Side[] = pair % 2 === 0 ? ['ours', 'script'] : ['script', 'ours'];
      for (const side of order) {
        master = master === 'db1' ? 'db2' : 'db1';
        measured[side].push(await measureSwitch(lab, writer, {side, to: master}));
        tell(`switch to ${master}, ${side}: ${Math.round(measured[side].at(-1) ?? 0)} ms without a write`);
      }
    }
    const {acknowledged, lost} = await writer.finish(master);
    return {client, outageMs: {ours: spreadOf(measured.ours), script: spreadOf(measured.script)}, acknowledged, lost};
  } finally {
    writer.kill();
  }
};

const measureSwitch = async (
  lab: Lab,
  writer: Writer,
  {side, to}: {readonly side: Side; readonly to: DbHost},
): Promise<number> => {
  await lab.writeMhaConfig(hooksOf[side]);
  const {result, outage} = await writer.around(`${side} to ${to}`, () => lab.switchMaster({to}));
  if (result.code !== 0) throw new Error(`MHA could not switch to ${to}:\n${result.stdout}${result.stderr}`);
  if (outage.open) throw new Error(`the client writes no more after the switch to ${to}`);
  await lab.catchUp(to === 'db1' ? 'db2' : 'db1', to);
  return outage.outageMs;
};
