import {loadavg} from 'node:os';
import {parseArgs} from 'node:util';
import {createLab, type Lab} from '../lab/lab.ts';
import {dbHosts} from '../lab/topology.ts';
import {describeMachine} from './machine.ts';
import {measureOutages} from './measure-outages.ts';
import {type Measured, report} from './report.ts';
import {timeHooks} from './time-hooks.ts';

const usage = `bench:hooks [--rounds 10] [--switches 10] [--markdown]
Times our hooks against the usual shell script, and the client's write outage in online switches by real MHA.
--switches 0 leaves the switches out and prints the times of the hooks alone.
`;

const main = async (): Promise<number> => {
  const {values} = parseArgs({
    options: {
      rounds: {type: 'string', default: '10'},
      switches: {type: 'string', default: '10'},
      markdown: {type: 'boolean', default: false},
      help: {type: 'boolean', default: false},
    },
  });
  const [rounds, switches] = [Number(values.rounds), Number(values.switches)];
  if (values.help || !(rounds >= 1) || !(switches >= 0)) {
    process.stderr.write(usage);
    return values.help ? 0 : 2;
  }
  const lab = await createLab();
  try {
    const measured = await measure(lab, {rounds, switches});
    process.stdout.write(report(measured, values.markdown ? 'markdown' : 'plain'));
    return 0;
  } finally {
    await lab.dispose();
  }
};

const measure = async (lab: Lab, count: {readonly rounds: number; readonly switches: number}): Promise<Measured> => {
  const tell = (line: string): void => void process.stderr.write(`${line}\n`);
  const {rounds, switches} = count;
  const before = loadavg()[0] ?? Number.NaN;
  await lab.installProduct();
  await Promise.all(dbHosts.map(host => lab.startAgent(host)));
  const hooks = await timeHooks(lab, rounds, tell);
  const outages = switches === 0 ? undefined : await measureOutages(lab, switches, tell);
  const load = [before, loadavg()[0] ?? Number.NaN];
  return {machine: await describeMachine(lab), load, rounds, switches, hooks, outages};
};

process.exitCode = await main();
