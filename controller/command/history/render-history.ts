import type {FailoverHead} from '../../record/entry.ts';
import type {Terminal} from '../environment.ts';
import {workedMs} from '../show/timeline.ts';
import {toLine} from '../terminal/plain.ts';
import {type Cell, type Column, renderTable} from '../terminal/table.ts';
import {wrap} from '../terminal/wrap.ts';
import {sayDuration, sayHost, sayLocalTime} from './duration.ts';
import {styleOf} from './outcome.ts';
import type {PastFailover} from './past-failover.ts';

/** One line per failover, and below what cannot be read. */
export const renderHistory = (
  failovers: readonly PastFailover[],
  {total, cluster}: {readonly total: number; readonly cluster: string | undefined},
  terminal: Terminal,
): string[] => {
  const scope = cluster === undefined ? '' : `${cluster} `;
  const rows = failovers.map(failover => rowOf(failover, terminal));
  const older = total - failovers.length;
  return [
    ...renderTable(columns, rows, {terminal, indent: ''}),
    ...(older > 0 ? ['', `${older} older: mha-helper history ${scope}--limit ${total}`] : []),
    ...failovers.flatMap(({problem}) => (problem === undefined ? [] : sayProblem(problem, terminal))),
  ];
};

const columns: readonly Column[] = [
  {title: 'ID'},
  {title: 'WHEN'},
  {title: 'KIND'},
  {title: 'MASTER', shrinksTo: 8},
  {title: 'RESULT'},
  {title: 'HOOKS', align: 'right'},
  {title: 'OLD MASTER', shrinksTo: 8},
];

/** `db1 -> db2`; a placement has only one host. */
export const sayMove = ({kind, oldMaster, newMaster}: FailoverHead): string => {
  if (kind === 'placement') return sayHost(oldMaster);
  return `${sayHost(oldMaster)} -> ${newMaster === undefined ? '?' : sayHost(newMaster)}`;
};

/** A placement by an operator's hand is short for people. */
export const sayKind = ({kind}: FailoverHead): string => (kind === 'placement' ? 'VIP' : kind);

const rowOf = ({id, timeline, outcome}: PastFailover, terminal: Terminal): readonly Cell[] => {
  if (timeline === undefined || outcome === undefined)
    return [{text: toLine(id, terminal)}, {text: '?'}, {text: '?'}, {text: '?'}, {text: 'unreadable', style: 'bad'}];
  const {head} = timeline.record;
  const fencing = timeline.oldMaster?.fencing;
  return [
    {text: toLine(id, terminal)},
    {text: sayLocalTime(head.startedMs).slice(0, 16)},
    {text: toLine(sayKind(head), terminal)},
    {text: toLine(sayMove(head), terminal)},
    {text: outcome, style: styleOf(outcome)},
    {text: sayDuration(workedMs(timeline))},
    {text: toLine(fencing ?? '-', terminal), style: fencing === 'unknown' ? 'bad' : undefined},
  ];
};

const sayProblem = (problem: string, terminal: Terminal): string[] =>
  wrap(toLine(problem, terminal), {width: terminal.columns, first: '! ', indent: '  '});
