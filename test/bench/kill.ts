import {parseArgs} from 'node:util';
import {flavours} from '../fixtures/mysqld-server.ts';
import {machineLine} from './machine-line.ts';
import {markdownTable, showSpread} from './table.ts';
import {type KillTimes, timeKills} from './time-kills.ts';

const usage = `bench:kill [--rounds 3]
Times one demotion while 5,000 idle application connections are open, and 500 for comparison, on MariaDB and MySQL.
`;

const main = async (): Promise<number> => {
  const {values} = parseArgs({
    options: {rounds: {type: 'string', default: '3'}, help: {type: 'boolean', default: false}},
  });
  const rounds = Number(values.rounds);
  if (values.help || !(rounds >= 1)) {
    process.stderr.write(usage);
    return values.help ? 0 : 2;
  }
  const found: KillTimes[] = [];
  for (const flavour of flavours) found.push(...(await timeKills({flavour, crowds: [500, 5000], rounds})));
  const head = ['connections killed by one demotion', 'ms', 'ms each 1,000', 'agent MiB before', 'agent MiB after'];
  const rows = found.map(({flavour, connections, demoteMs, beforeMib, afterMib}) => [
    `${flavour}, ${connections.toLocaleString('en')}`,
    showSpread(demoteMs),
    ((demoteMs.median * 1000) / connections).toFixed(0),
    beforeMib.toFixed(1),
    showSpread(afterMib, 1),
  ]);
  const versions = [...new Set(found.map(({flavour, version}) => `${flavour} ${version}`))];
  process.stdout.write(`${markdownTable(head, rows)}\n\nMedian (min–max) of ${rounds} rounds. `);
  process.stdout.write(`${machineLine(...versions)}\n`);
  return 0;
};

process.exitCode = await main();
