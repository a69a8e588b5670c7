// Catches what became twice as slow or as large, and no noise: every limit is a ratio of two things measured in this run, on
// this machine, and generous. Exit code 1: at least one is past its limit. Must run in a network namespace of its own.
import {Fleet} from '../fixtures/fleet.ts';
import {startMysqld} from '../fixtures/mysqld.ts';
import {createAgentAccount} from '../fixtures/mysqld-agent.ts';
import {RunningAgent} from '../fixtures/running-agent.ts';
import {emptyNodeMib} from './empty-node.ts';
import {residentMib} from './processes.ts';
import {spreadOf} from './spread.ts';
import {measureGrowth, measureUnderLoad} from './time-agent.ts';
import {timeStatus} from './time-fleet.ts';
import {timeKills} from './time-kills.ts';
import {type StartRow, timeStarts} from './time-starts.ts';

interface Ratio {
  readonly name: string;
  readonly value: number;
  readonly limit: number;
}

const medianOf = async (rounds: number, measure: () => Promise<number>): Promise<number> => {
  const values: number[] = [];
  for (let round = 0; round < rounds; round++) values.push(await measure());
  return spreadOf(values).median;
};

const checkFleet = async (): Promise<readonly Ratio[]> => {
  await using fleet = await Fleet.start(300);
  const all = await medianOf(3, () => timeStatus(fleet));
  await fleet.limitTo(60);
  const few = await medianOf(3, () => timeStatus(fleet));
  return [{name: 'status of 300 agents to 60 (5 times as many)', value: all / few, limit: 8}];
};

const checkSilence = async (): Promise<readonly Ratio[]> => {
  const everyThird = Array.from({length: 40}, (_, index) => index * 3 + 1);
  const timeWith = async (silent: readonly number[]): Promise<number> => {
    await using fleet = await Fleet.start(150, {silent});
    return timeStatus(fleet, [1, 2]);
  };
  const [one, many] = [await timeWith([1]), await timeWith(everyThird)];
  return [{name: 'status with 40 silent agents to 1', value: many / one, limit: 2}];
};

const checkKill = async (): Promise<readonly Ratio[]> => {
  const [few, many] = await timeKills({flavour: 'mariadb', crowds: [300, 1500], rounds: 3});
  const value = (many?.demoteMs.median ?? Number.NaN) / (few?.demoteMs.median ?? Number.NaN);
  return [{name: 'demotion with 1,500 connections to 300 (5 times as many)', value, limit: 8}];
};

const checkAgent = async (): Promise<readonly Ratio[]> => {
  const mysqld = await startMysqld('mariadb');
  try {
    await using agent = await RunningAgent.start(await createAgentAccount(mysqld));
    const empty = await emptyNodeMib();
    const {firstMib, laterMib} = await measureGrowth(agent, mysqld, {calls: 1000, operations: 20});
    const load = await measureUnderLoad(agent, mysqld, {perSecond: 200, seconds: 4});
    const demotions = load.demoteMs.median / load.demoteAloneMs.median;
    return [
      {name: "the agent's memory to an empty Node's", value: firstMib / empty, limit: 2.2},
      {name: "the agent's memory late to early", value: laterMib / firstMib, limit: 1.4},
      {name: 'its memory under load to early', value: residentMib(agent.pid) / firstMib, limit: 1.5},
      {name: 'demotion during 200 status calls a second to alone', value: demotions, limit: 4},
    ];
  } finally {
    await mysqld.remove();
  }
};

const checkStart = async (): Promise<readonly Ratio[]> => {
  const times = await timeStarts(9);
  const ratio = (row: StartRow, to: StartRow) =>
    (times.get(row)?.median ?? Number.NaN) / (times.get(to)?.median ?? Number.NaN);
  return [
    {name: 'the start of a hook to an empty Node', value: ratio('hook as shipped', 'an empty Node'), limit: 3},
    {
      name: 'the start of a hook to one not bundled',
      value: ratio('hook as shipped', 'not bundled either'),
      limit: 0.5,
    },
  ];
};

const checks = [checkStart, checkFleet, checkSilence, checkKill, checkAgent];

for (const check of checks) {
  for (const {name, value, limit} of await check()) {
    // not a number is past every limit
    const isFine = value <= limit;
    process.stdout.write(`${isFine ? 'ok  ' : 'FAIL'} ${name}: ${value.toFixed(2)}, at most ${limit}\n`);
    if (!isFine) process.exitCode = 1;
  }
}
