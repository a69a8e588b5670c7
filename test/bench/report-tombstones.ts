import {clientOptions, connectTimeouts, type MeasuredTombstones, type Way, ways} from './measure-tombstones.ts';
import {spreadOf} from './spread.ts';
import {markdownTable, showSpread} from './table.ts';

export interface Verdict {
  /** How much longer one of the two clients waits than the other, with a tombstone: 0.2 is a fifth. */
  readonly difference: number;
  readonly isFine: boolean;
}

const allowed = 0.2;

/** With a tombstone it must not matter how long a client waits for a connection. */
export const judgeTombstones = ({outagesMs}: MeasuredTombstones): Verdict => {
  const medians = connectTimeouts.map(timeout => spreadOf(outagesMs.with[timeout]).median);
  const difference = Math.max(...medians) / Math.min(...medians) - 1;
  return {difference, isFine: difference <= allowed};
};

/** What a person reads: the table, how it was measured, on what, and the verdict. */
export const reportTombstones = (
  measured: MeasuredTombstones,
  {verdict, machine}: {readonly verdict: Verdict; readonly machine: string},
): string => {
  const head = ['write outage, ms', ...connectTimeouts.map(timeout => `connect timeout ${timeout / 1000} s`)];
  const rows = ways.map(way => [
    names[way],
    ...connectTimeouts.map(timeout => showSpread(spreadOf(measured.outagesMs[way][timeout]))),
  ]);
  return `${markdownTable(head, rows)}\n\n${sayHow(measured)}\n\n${sayVerdict(verdict)} Machine: ${machine}.\n`;
};

const names: Readonly<Record<Way, string>> = {with: 'with a tombstone', without: 'tombstone_seconds = 0'};

const sayHow = ({switches, reports}: MeasuredTombstones): string => {
  const acknowledged = reports.reduce((sum, report) => sum + report.acknowledged, 0);
  const lost = reports.reduce((sum, report) => sum + report.lost, 0);
  const rows = `${acknowledged.toLocaleString('en')} rows acknowledged, ${lost} lost`;
  const {rate, statementTimeoutMs} = clientOptions;
  return `Median (min–max) of ${switches} switches by masterha_master_switch each, in turns in one run; both clients at once, ${rate} inserts a second each, statement timeout ${statementTimeoutMs} ms; ${rows}.`;
};

const sayVerdict = ({difference, isFine}: Verdict): string =>
  `With a tombstone the two clients differ by ${(difference * 100).toFixed(0)} %: ${isFine ? 'ok' : 'FAIL'}, a fifth is allowed.`;
