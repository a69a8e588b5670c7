import type {Move} from '../../failover/move.ts';
import type {Terminal} from '../environment.ts';
import {sayDuration} from '../history/duration.ts';
import type {FinishedMove} from '../move/finish-move.ts';
import {outageOf} from '../show/outage.ts';
import {renderTable} from '../terminal/table.ts';
import {wrap} from '../terminal/wrap.ts';
import {everyMs, greetedAt, sayMove} from './outage-probe.ts';
import type {SeenOutage} from './seen-outage.ts';

/** One switch of a drill. */
export interface Leg {
  readonly move: Move;
  readonly finished: FinishedMove;
  readonly seen: SeenOutage;
}

/** How long writes were away, in each direction, and what the numbers mean. */
export const renderLegs = (cluster: string, legs: readonly Leg[], terminal: Terminal): string[] => {
  const columns = [
    {title: 'SWITCH'},
    {title: 'RESULT'},
    {title: 'WRITES AWAY', align: 'right'},
    {title: 'NO GREETING', align: 'right'},
    {title: 'IN THE HOOKS', align: 'right'},
  ] as const;
  const rows = legs.map(leg => [
    {text: sayMove(leg.move)},
    {text: leg.finished.failover?.outcome ?? 'not begun'},
    ...[leg.seen.writesMs, leg.seen.greetingsMs, hooksMs(leg)].map(ms => ({
      text: ms === undefined ? '-' : sayDuration(ms),
    })),
  ]);
  const address = legs[0] === undefined ? undefined : greetedAt(legs[0].move);
  return [
    '',
    `drill of ${cluster}`,
    ...renderTable(columns, rows, {terminal, indent: '  '}),
    ...meanings(address).flatMap(text => wrap(text, {width: terminal.columns, first: '  ', indent: '    '})),
  ];
};

const hooksMs = ({finished}: Leg): number | undefined => {
  const outage = finished.failover?.timeline === undefined ? undefined : outageOf(finished.failover.timeline);
  return outage?.endMs === undefined ? undefined : outage.endMs - outage.beganMs;
};

const meanings = (address: string | undefined): readonly string[] => [
  `writes away: from the last time the old master's agent said "writable${address === undefined ? '' : ', has the VIP'}" to the first time the new one's did${address === undefined ? '' : ' and mysqld greeted through the VIP'}; asked every ${everyMs} ms where they answer that fast: never too short, too long by at most two questions`,
  ...(address === undefined
    ? []
    : [
        `no greeting: the longest time in which no mysqld greeted this manager at ${address} (TCP and MySQL handshake)`,
      ]),
  'in the hooks: from the beginning of the step that takes writes to the end of the one that gives them back; no write was tried',
];
