import {writeFile} from 'node:fs/promises';
import {loadavg} from 'node:os';
import {parseArgs} from 'node:util';
import {furnish} from '../lab/furnish.ts';
import {createLab} from '../lab/lab.ts';
import {describeMachine} from './machine.ts';
import {type LoadName, loads} from './outage/loads.ts';
import {type ClientMeasured, measureLoad} from './outage/measure.ts';
import {drawOutages} from './outage/picture.ts';
import {publish} from './outage/publish.ts';
import {outageTable} from './outage/table.ts';

const usage = `bench:outage [--switches 20] [--load ${Object.keys(loads).join(',')}] [--svg FILE] [--readme]
The write outage of online switches by real MHA, as clients see it, and what it is made of: a table, and with --svg a picture.
--readme puts both where the README shows them.
`;

const main = async (): Promise<number> => {
  const {values} = parseArgs({
    options: {
      switches: {type: 'string', default: '20'},
      load: {type: 'string', default: Object.keys(loads).join(',')},
      svg: {type: 'string'},
      readme: {type: 'boolean', default: false},
      help: {type: 'boolean', default: false},
    },
  });
  const switches = Number(values.switches);
  const wanted = values.load.split(',');
  if (values.help || !(switches >= 1) || !wanted.every(isLoad)) {
    process.stderr.write(usage);
    return values.help ? 0 : 2;
  }
  const before = loadavg()[0] ?? Number.NaN;
  const lab = await createLab({furnish});
  try {
    const all: ClientMeasured[] = [];
    const tell = (line: string): void => void process.stderr.write(`${line}\n`);
    for (const name of wanted.filter(isLoad)) all.push(...(await measureLoad(lab, loads[name], {switches, tell})));
    const loadAverages = `load ${before.toFixed(1)} before, ${(loadavg()[0] ?? Number.NaN).toFixed(1)} after`;
    const machine = `Machine: ${await describeMachine(lab)}; ${loadAverages}.`;
    const [table, picture] = [outageTable(all), drawOutages(all, machine)];
    const note = `Median (min–max) of ${switches} switches each. ${machine}`;
    process.stdout.write(`${table}\n\n${note}\n`);
    if (values.svg !== undefined) await writeFile(values.svg, picture);
    if (values.readme) publish({table, note, picture});
    return 0;
  } finally {
    await lab.dispose();
  }
};

const isLoad = (name: string): name is LoadName => Object.hasOwn(loads, name);

process.exitCode = await main();
