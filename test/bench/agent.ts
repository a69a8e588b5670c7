import {join} from 'node:path';
import {parseArgs} from 'node:util';
import {startMysqld} from '../fixtures/mysqld.ts';
import {createAgentAccount} from '../fixtures/mysqld-agent.ts';
import {RunningAgent} from '../fixtures/running-agent.ts';
import {emptyNodeMib} from './empty-node.ts';
import {machineLine} from './machine-line.ts';
import {residentMib} from './processes.ts';
import {markdownTable, showSpread} from './table.ts';
import {type Growth, idleProcessorMs, measureGrowth, measureUnderLoad, type UnderLoad} from './time-agent.ts';
import {compileUnbundled} from './unbundled.ts';

const usage = `bench:agent [--calls 3600] [--operations 100] [--seconds 10]
Memory of the agent as shipped, and not bundled for comparison: idle, early, and after an hour's worth of status calls and
operations; and how it answers 500 status calls a second while it demotes. Must run in a network namespace of its own.
`;

interface Found {
  readonly startMs: number;
  readonly idleMib: number;
  readonly idleMs: number;
  readonly growth: Growth;
  readonly load: UnderLoad;
  readonly loadedMib: number;
}

const idleForMs = 10_000;

const main = async (): Promise<number> => {
  const text = (value: string) => ({type: 'string', default: value}) as const;
  const {values} = parseArgs({
    options: {
      calls: text('3600'),
      operations: text('100'),
      seconds: text('10'),
      help: {type: 'boolean', default: false},
    },
  });
  const [calls, operations, seconds] = [values.calls, values.operations, values.seconds].map(Number);
  if (values.help || !(Number(calls) > 0 && Number(operations) > 0 && Number(seconds) > 0)) {
    process.stderr.write(usage);
    return values.help ? 0 : 2;
  }
  const mysqld = await startMysqld('mariadb');
  const unbundled = await compileUnbundled();
  try {
    const account = await createAgentAccount(mysqld);
    const measure = async (program?: readonly string[]): Promise<Found> => {
      const startedMs = performance.now();
      await using agent = await RunningAgent.start(account, program);
      const startMs = performance.now() - startedMs;
      const idleMs = await idleProcessorMs(agent, idleForMs);
      const idleMib = residentMib(agent.pid);
      const growth = await measureGrowth(agent, mysqld, {calls: Number(calls), operations: Number(operations)});
      const load = await measureUnderLoad(agent, mysqld, {perSecond: 500, seconds: Number(seconds)});
      return {startMs, idleMib, idleMs, growth, load, loadedMib: residentMib(agent.pid)};
    };
    const found = [await measure(), await measure([join(unbundled.directory, 'agent/main.js')])];
    const [version] = await mysqld.sql('SELECT @@version AS version');
    process.stdout.write(`${table(found, {calls: Number(calls), operations: Number(operations)})}\n\n`);
    process.stdout.write(`An empty Node has ${(await emptyNodeMib()).toFixed(1)} MiB. One run each. `);
    process.stdout.write(`${machineLine(`MariaDB ${String(version?.version).split('-')[0]}`)}\n`);
    return 0;
  } finally {
    await unbundled.remove();
    await mysqld.remove();
  }
};

const table = (found: readonly Found[], {calls, operations}: {calls: number; operations: number}): string => {
  const row = (name: string, show: (one: Found) => string) => [name, ...found.map(show)];
  return markdownTable(
    ['agent', 'as shipped', 'not bundled, default flags'],
    [
      row('ms to its first answer', ({startMs}) => startMs.toFixed(0)),
      row(`ms of processor in ${idleForMs / 1000} idle seconds`, ({idleMs}) => idleMs.toFixed(0)),
      row('MiB idle', ({idleMib}) => idleMib.toFixed(1)),
      row('MiB after 60 status calls, 2 operations', ({growth}) => growth.firstMib.toFixed(1)),
      row(`MiB after ${calls.toLocaleString('en')} more and ${operations}`, ({growth}) => growth.laterMib.toFixed(1)),
      row('status calls a second, 500 wanted, while demoting', ({load}) => load.perSecond.toFixed(0)),
      row('their p50 / p99, ms', ({load}) => `${load.p50Ms.toFixed(1)} / ${load.p99Ms.toFixed(1)}`),
      row('a demotion without them, ms', ({load}) => showSpread(load.demoteAloneMs)),
      row('a demotion with them, ms', ({load}) => showSpread(load.demoteMs)),
      row('MiB after them', ({loadedMib}) => loadedMib.toFixed(1)),
    ],
  );
};

process.exitCode = await main();
