import {parseArgs} from 'node:util';
import {machineLine} from './machine-line.ts';
import {markdownTable, showSpread} from './table.ts';
import {startRows, timeStarts} from './time-starts.ts';

const usage = `bench:start [--rounds 20]
What the start of a hook costs as it is shipped, without its compiled code, and not bundled, in turns with an empty Node.
`;

const {values} = parseArgs({
  options: {rounds: {type: 'string', default: '20'}, help: {type: 'boolean', default: false}},
});
const rounds = Number(values.rounds);
if (values.help || !(rounds >= 1)) {
  process.stderr.write(usage);
  process.exitCode = values.help ? 0 : 2;
} else {
  const times = await timeStarts(rounds);
  const floor = times.get('an empty Node')?.median ?? Number.NaN;
  const rows = startRows.flatMap(name => {
    const spread = times.get(name);
    return spread === undefined ? [] : [[name, showSpread(spread), (spread.median / floor).toFixed(1)]];
  });
  process.stdout.write(`${markdownTable(['start of a hook', 'ms', 'empty Nodes'], rows)}\n\n`);
  process.stdout.write(`Median (min–max) of ${rounds} rounds in turns. ${machineLine()}\n`);
}
