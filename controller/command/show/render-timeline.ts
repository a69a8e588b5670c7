import type {Terminal} from '../environment.ts';
import {sayDuration, sayHost, sayLocalTime} from '../history/duration.ts';
import {type Outcome, styleOf} from '../history/outcome.ts';
import {sayKind, sayMove} from '../history/render-history.ts';
import {paint, type Style} from '../terminal/paint.ts';
import {toLine} from '../terminal/plain.ts';
import {wrap} from '../terminal/wrap.ts';
import {chartsOf} from './chart.ts';
import {type Outage, outageOf} from './outage.ts';
import {renderChart} from './render-chart.ts';
import type {Timeline} from './timeline.ts';

/** One failover as a person reads it: what it was, how long nobody could write, and every step at its place in time. */
export const renderTimeline = (timeline: Timeline, outcome: Outcome, terminal: Terminal): string[] => {
  const {head} = timeline.record;
  const result = paint(outcome.toUpperCase(), styleOf(outcome), terminal);
  return [
    `${toLine(head.id, terminal)}: ${result} - ${toLine(`${sayKind(head)}, ${sayMove(head)}`, terminal)}`,
    ...factsOf(timeline).flatMap(fact => renderFact(fact, terminal)),
    ...chartsOf(timeline).flatMap(chart => ['', ...renderChart(chart, timeline.guard?.pid, terminal)]),
  ];
};

interface Fact {
  readonly title: string;
  readonly text: string;
  readonly style?: Style;
}

const factsOf = (timeline: Timeline): Fact[] => {
  const {record, hosts, oldMaster, guard, missing} = timeline;
  const {startedMs, by, version} = record.head;
  const outage = outageOf(timeline);
  const who = by === undefined ? '' : ` by ${by}`;
  return [
    {title: 'began', text: `${sayLocalTime(startedMs)}${who}, mha-helper ${version || 'of unknown version'}`},
    ...hosts.map(({host, agent, server}) => ({
      title: sayHost(host),
      text: `agent ${agent}, ${server === '' ? 'mysqld did not answer' : server}`,
    })),
    ...(outage === undefined ? [] : [{title: 'no writes', text: sayOutage(outage, timeline)}]),
    ...(oldMaster === undefined ? [] : [fencingFact(oldMaster)]),
    ...(guard === undefined
      ? []
      : [{title: 'guard', text: `process ${guard.pid} watched MHA, process ${guard.mha.pid}`}]),
    ...missing.map((text): Fact => ({title: 'missing', text, style: 'warning'})),
  ];
};

const fencingFact = ({fencing, because}: NonNullable<Timeline['oldMaster']>): Fact => ({
  title: 'old master',
  text: `${fencing}: ${because}`,
  ...(fencing === 'unknown' ? {style: 'bad'} : {}),
});

const titles = 11;

const renderFact = ({title, text, style}: Fact, terminal: Terminal): string[] => {
  const first = `  ${toLine(title, terminal).padEnd(titles)} `;
  const lines = wrap(toLine(text, terminal), {width: terminal.columns, first, indent: ' '.repeat(titles + 3)});
  return lines.map(line => paint(line, style, terminal));
};

/** Hooks see when they begin to take writes away and when the address is back; what clients saw, only clients know. */
const sayOutage = ({beganMs, endMs, from, to}: Outage, {record, oldMaster}: Timeline): string => {
  const isHard = record.head.kind === 'hard';
  if (endMs === undefined)
    return `since ${sayLocalTime(beganMs)}, when ${from} began; the record does not show their return`;
  const span = `${sayDuration(endMs - beganMs)}, from the beginning of ${from} to the end of ${to}`;
  return isHard
    ? `at least ${span}${oldMaster?.fencing === 'unknown' ? ', if the old master is as dead as MHA says' : ''}; since when the old master was dead, only MHA's log knows`
    : `${span}. Grace for applications counts in it; what clients need to connect again does not`;
};
