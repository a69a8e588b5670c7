import type {Terminal} from '../environment.ts';
import {sayDuration} from '../history/duration.ts';
import {paint, type Style} from '../terminal/paint.ts';
import {fit, toLine} from '../terminal/plain.ts';
import {wrap} from '../terminal/wrap.ts';
import {type Axis, type BarKind, drawBar} from './bars.ts';
import type {Chart, Row} from './chart.ts';
import {sayChange} from './say-change.ts';
import {type PhaseTimeline, resultOf, type StepTimeline} from './timeline.ts';

type BarRow = Extract<Row, {type: 'bar'}>;

/** One axis, and every step at its place on it, with what it did below. */
export const renderChart = (chart: Chart, guardPid: number | undefined, terminal: Terminal): string[] => {
  const layout = layOut(chart, terminal);
  const rows = chart.rows.flatMap(row =>
    row.type === 'phase'
      ? ['', sayPhase(row.phase, guardPid, terminal), ...sayNotPutBack(row.phase, terminal)]
      : [renderBar(row, layout, terminal), ...(row.step === undefined ? [] : sayStep(row.step, terminal))],
  );
  const later = chart.laterMs === undefined ? [] : [`  ${sayDuration(chart.laterMs)} later`];
  return [...later, renderAxis(layout, terminal), ...rows];
};

interface Layout {
  readonly labels: number;
  readonly hosts: number;
  readonly axis: Axis;
}

const indent = 2;
const durations = 7;
const widestLabel = 16;
const widestHosts = 14;
const narrowestBars = 20;

const layOut = ({rows, fromMs, toMs}: Chart, {columns}: Terminal): Layout => {
  const bars = rows.filter(row => row.type === 'bar');
  const labels = Math.min(widestLabel, Math.max(...bars.map(({label}) => label.length)));
  const hosts = Math.min(widestHosts, Math.max(0, ...bars.map(row => row.hosts.join(', ').length)));
  const width = Math.min(100, columns - indent - labels - hosts - durations - 5);
  return {labels, hosts, axis: {fromMs, toMs, width: Math.max(narrowestBars, width)}};
};

const renderAxis = ({labels, hosts, axis}: Layout, terminal: Terminal): string => {
  const left = ' '.repeat(indent + labels + hosts + durations + 4);
  const end = sayDuration(axis.toMs - axis.fromMs);
  return paint(`${left}0${end.padStart(axis.width - 1)}`, 'faint', terminal);
};

const renderBar = (row: BarRow, {labels, hosts, axis}: Layout, terminal: Terminal): string => {
  const {label, kind, durationMs} = row;
  const name = fit(toLine(label, terminal), labels, terminal).padEnd(labels);
  const where = fit(toLine(row.hosts.join(', '), terminal), hosts, terminal).padEnd(hosts);
  const {before, bar, behind} = drawBar(row, axis, terminal);
  const edge = paint(terminal.hasUnicode ? '\u2502' : '|', 'faint', terminal);
  const text = `${' '.repeat(indent)}${name} ${where} ${sayDuration(durationMs).padStart(durations)} `;
  return `${text}${edge}${before}${paint(bar, barStyles[kind], terminal)}${behind}${edge}`;
};

const barStyles: Readonly<Record<BarKind, Style>> = {ours: 'good', failed: 'bad', waiting: 'faint', outage: 'warning'};

const sayPhase = (phase: PhaseTimeline, guardPid: number | undefined, terminal: Terminal): string => {
  const {name, pid, end, beganMs, endMs} = phase;
  const result = resultOf(phase);
  const style = ({done: 'good', incomplete: 'warning', failed: 'bad', interrupted: 'bad'} as const)[result];
  const who = pid === 0 ? '' : `, ${pid === guardPid ? 'by the guard, ' : ''}process ${pid}`;
  const exit = end?.exitCode === undefined ? '' : `, exit ${end.exitCode}`;
  const shown = paint(toLine(name, terminal), 'strong', terminal);
  return `${shown}: ${paint(result, style, terminal)}${exit}, ${sayDuration(endMs - beganMs)}${who}`;
};

const sayNotPutBack = ({end}: PhaseTimeline, terminal: Terminal): string[] =>
  (end?.notPutBack ?? []).flatMap(text =>
    wrap(`NOT PUT BACK: ${toLine(text, terminal)}`, {width: terminal.columns, first: '  ', indent: '    '}).map(line =>
      paint(line, 'bad', terminal),
    ),
  );

const sayStep = ({result, did, notes, states = []}: StepTimeline, terminal: Terminal): string[] => {
  const lines = (text: string, first: string, style: Style | undefined): string[] =>
    wrap(toLine(text, terminal), {width: terminal.columns, first: `    ${first}`, indent: '      '}).map(line =>
      paint(line, style, terminal),
    );
  const failed = result !== 'ok';
  return [
    ...(did === '' ? [] : lines(did, failed ? 'FAIL ' : '', failed ? 'bad' : undefined)),
    ...states.flatMap(change => sayChange(change)).flatMap(text => lines(text, '', 'faint')),
    ...notes.flatMap(note => lines(note, 'note: ', 'warning')),
  ];
};
