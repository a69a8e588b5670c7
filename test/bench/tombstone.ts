// The write outage of online switches with a tombstone on the old host and without, for a client that gives a connection
// attempt up soon and for one that waits. Exit code 1: with it, one of the two still waits longer than the other.
import {loadavg} from 'node:os';
import {parseArgs} from 'node:util';
import {createLab, type Lab} from '../lab/lab.ts';
import {dbHosts} from '../lab/topology.ts';
import {describeMachine} from './machine.ts';
import {measureTombstones} from './measure-tombstones.ts';
import {judgeTombstones, reportTombstones} from './report-tombstones.ts';

const usage = `bench:tombstone [--switches 10]
Write outages in that many online switches by real MHA with a tombstone and that many without, in turns, as two clients
see them: connect timeouts of 0.2 s and 10 s, 300 inserts a second each.
`;

const main = async (): Promise<number> => {
  const {values} = parseArgs({
    options: {switches: {type: 'string', default: '10'}, help: {type: 'boolean', default: false}},
  });
  const switches = Number(values.switches);
  if (values.help || !(switches >= 1)) {
    process.stderr.write(usage);
    return values.help ? 0 : 2;
  }
  const lab = await createLab();
  try {
    return await measure(lab, switches);
  } finally {
    await lab.dispose();
  }
};

const measure = async (lab: Lab, switches: number): Promise<number> => {
  await lab.installProduct();
  await Promise.all(dbHosts.map(host => lab.startAgent(host)));
  const load = (): string => (loadavg()[0] ?? Number.NaN).toFixed(1);
  const before = load();
  const measured = await measureTombstones(lab, switches, line => process.stderr.write(`${line}\n`));
  const verdict = judgeTombstones(measured);
  const machine = `${await describeMachine(lab)}; load ${before} before, ${load()} after`;
  process.stdout.write(reportTombstones(measured, {verdict, machine}));
  return verdict.isFine ? 0 : 1;
};

process.exitCode = await main();
