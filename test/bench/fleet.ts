import {parseArgs} from 'node:util';
import {Fleet} from '../fixtures/fleet.ts';
import {machineLine} from './machine-line.ts';
import {type Spread, spreadOf} from './spread.ts';
import {markdownTable, showSpread} from './table.ts';
import {timeStatus} from './time-fleet.ts';

const usage = `bench:fleet [--rounds 3]
Times mha-helper status of 100 to 2,000 simulated agents, and of 1,000 of which 50 are silent.
`;

const sizes = [100, 500, 1000, 2000] as const;
const silentOnes = Array.from({length: 50}, (_, index) => index * 20);

type Row = readonly [name: string, agents: number, took: Spread];

const measure = async (rounds: number): Promise<readonly Row[]> => {
  const repeat = async (fleet: Fleet, allowed?: readonly number[]): Promise<Spread> => {
    const times: number[] = [];
    for (let round = 0; round < rounds; round++) times.push(await timeStatus(fleet, allowed));
    return spreadOf(times);
  };
  const rows: Row[] = [];
  {
    await using fleet = await Fleet.start(Math.max(...sizes));
    for (const agents of sizes) {
      await fleet.limitTo(agents);
      rows.push([agents.toLocaleString('en'), agents, await repeat(fleet)]);
    }
  }
  await using fleet = await Fleet.start(1000, {silent: silentOnes});
  rows.push([`1,000, ${silentOnes.length} of them silent`, 1000, await repeat(fleet, [1, 2])]);
  return rows;
};

const main = async (): Promise<number> => {
  const {values} = parseArgs({
    options: {rounds: {type: 'string', default: '3'}, help: {type: 'boolean', default: false}},
  });
  const rounds = Number(values.rounds);
  if (values.help || !(rounds >= 1)) {
    process.stderr.write(usage);
    return values.help ? 0 : 2;
  }
  const rows = (await measure(rounds)).map(([name, agents, took]) => [
    name,
    showSpread({min: took.min / 1000, median: took.median / 1000, max: took.max / 1000}, 2),
    (took.median / agents).toFixed(1),
  ]);
  process.stdout.write(`${markdownTable(['status of so many agents', 'seconds', 'ms each'], rows)}\n\n`);
  process.stdout.write(`Median (min–max) of ${rounds} rounds; the agents run on the same cores. ${machineLine()}\n`);
  return 0;
};

process.exitCode = await main();
