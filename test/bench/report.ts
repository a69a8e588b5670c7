import {killAfterTimeout} from './hook-calls.ts';
import type {Outages} from './measure-outages.ts';
import type {Spread} from './spread.ts';
import type {HookTimes} from './time-hooks.ts';

export interface Measured {
  readonly machine: string;
  /** Load averages of the last minute, before and after. */
  readonly load: readonly number[];
  readonly rounds: number;
  readonly switches: number;
  readonly hooks: HookTimes;
  /** Undefined: not measured. */
  readonly outages: Outages | undefined;
}

export type Format = 'plain' | 'markdown';

/** What a person reads: the table, how it was measured, and on what. */
export const report = (measured: Measured, format: Format): string => {
  const {machine, load, rounds, switches, hooks, outages} = measured;
  const notes = [
    `Milliseconds: median (min–max) of ${rounds} runs in turns.`,
    `Script: test/bench/ssh-hook.sh (ssh, ip, arping -c 3, mysql). Both: kill_after_timeout=${killAfterTimeout}, the arguments MHA sends, called on the manager.`,
    ...(outages === undefined ? [] : [sayClient(outages, switches)]),
    `An empty Node (node -e 0) takes ${show(hooks.floor)}.`,
    `Machine: ${machine}; load ${load.map(value => value.toFixed(1)).join(' before, ')} after.`,
  ];
  return `${table(rowsOf(measured), format)}\n\n${notes.join(format === 'markdown' ? '\n\n' : '\n')}\n`;
};

const head = ['', 'mha-helper', 'empty Nodes', 'wanted', 'ssh script', 'times faster', 'wanted'] as const;
type Row = readonly string[] & {readonly length: typeof head.length};

const rowsOf = ({hooks, outages}: Measured): readonly Row[] => [
  ...[...hooks.rows].map(([name, {ours, script}]): Row => {
    const nodes = (ours.median / hooks.floor.median).toFixed(1);
    const faster = (script.median / ours.median).toFixed(1);
    return [name, show(ours), nodes, '≤ 4', show(script), faster, name.endsWith('start') ? '≥ 30' : '≥ 5'];
  }),
  ...(outages === undefined ? [] : [outageRow(outages)]),
];

const outageRow = ({outageMs: {ours, script}}: Outages): Row => [
  'write outage, online switch',
  show(ours),
  '',
  '< 500 ms',
  show(script),
  (script.median / ours.median).toFixed(1),
  '',
];

const sayClient = ({client, acknowledged, lost}: Outages, switches: number): string => {
  const {writers, rate, connectTimeoutMs, statementTimeoutMs} = client;
  const timeouts = `connect timeout ${connectTimeoutMs} ms, statement timeout ${statementTimeoutMs} ms`;
  const rows = `${acknowledged.toLocaleString('en')} rows acknowledged, ${lost} lost`;
  return `Last row: ${switches} switches by masterha_master_switch each, seen by ${writers} client with ${rate} inserts a second, ${timeouts}; ${rows}.`;
};

const show = ({min, median, max}: Spread): string => `${ms(median)} (${ms(min)}–${ms(max)})`;

const ms = (value: number): string => Math.round(value).toLocaleString('en');

const table = (rows: readonly Row[], format: Format): string => {
  const all: readonly (readonly string[])[] = [head, ...rows];
  const widths = head.map((_, column) => Math.max(...all.map(row => row[column]?.length ?? 0)));
  const pad = (text: string, column: number): string =>
    column === 0 ? text.padEnd(widths[column] ?? 0) : text.padStart(widths[column] ?? 0);
  const [first = [], ...rest] = all.map(row => row.map(pad));
  if (format === 'plain') return [first, ...rest].map(row => row.join('  ').trimEnd()).join('\n');
  const rule = widths.map((width, column) => (column === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`));
  return [first, rule, ...rest].map(row => `| ${row.join(' | ')} |`).join('\n');
};
