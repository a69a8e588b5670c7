import {AgentUnreachable, type UnreachableCause} from '../../agents/errors.ts';
import type {Terminal} from '../environment.ts';
import {paint, type Style} from '../terminal/paint.ts';
import {toLine} from '../terminal/plain.ts';
import {type Cell, type Column, renderTable} from '../terminal/table.ts';
import {wrap} from '../terminal/wrap.ts';
import type {ClusterStatus} from './cluster-status.ts';
import {isWritable} from './host-view.ts';
import type {JudgedHost} from './judge-cluster.ts';
import {daysUntil} from './judge-host.ts';
import type {ClusterProblem, Level} from './problem.ts';

/** One cluster as a person reads it: the verdict, its hosts, and what is wrong with what to do about it. */
export const renderStatus = (status: ClusterStatus, terminal: Terminal): string[] => {
  const {hosts, problems, level} = status;
  const verdict = sayVerdict(status, terminal);
  const table = hosts.length === 0 ? [] : ['', ...renderHosts(status, terminal)];
  const list = problems.flatMap(problem => renderProblem(problem, terminal));
  return [paintLevel(verdict, level, terminal), ...table, ...(list.length === 0 ? [] : ['', ...list])];
};

/** The first line of many clusters: how many are how, and the first reason for the worst. */
export const renderSummary = (statuses: readonly ClusterStatus[], terminal: Terminal): string => {
  const levels = (['critical', 'degraded', 'healthy'] as const)
    .map(level => ({level, members: statuses.filter(status => status.level === level)}))
    .filter(({members}) => members.length > 0);
  const counts = levels.map(({level, members}) => `${members.length} ${level.toUpperCase()}`).join(', ');
  const [worst] = levels;
  const first = worst?.level === 'healthy' ? undefined : worst?.members[0];
  const reason = first === undefined ? '' : ` - ${first.name}: ${toLine(first.problems[0]?.message ?? '', terminal)}`;
  return paint(`${statuses.length} clusters: ${counts}${reason}`, styleOf(worst?.level ?? 'healthy'), terminal);
};

const sayVerdict = ({name, level, problems}: ClusterStatus, terminal: Terminal): string => {
  const [first, ...more] = problems;
  const reason = first === undefined ? '' : ` - ${toLine(first.message, terminal)}`;
  return `${name}: ${level.toUpperCase()}${reason}${more.length === 0 ? '' : ` (and ${more.length} more)`}`;
};

/** Only the level itself is coloured: the reason is to be read. */
const paintLevel = (verdict: string, level: Level, terminal: Terminal): string =>
  verdict.replace(level.toUpperCase(), word => paint(word, styleOf(level), terminal));

const styleOf = (level: Level): Style => ({healthy: 'good', degraded: 'warning', critical: 'bad'})[level] as Style;

const indent = '  ';

const renderProblem = ({level, message, hint}: ClusterProblem, terminal: Terminal): string[] => {
  const width = terminal.columns;
  const [first = '', ...rest] = wrap(toLine(message, terminal), {width, first: `${indent}! `, indent: '    '});
  const marked = first.replace('!', mark => paint(mark, styleOf(level), terminal));
  const advice = hint === '' ? [] : wrap(toLine(hint, terminal), {width, first: '      ', indent: '      '});
  return [marked, ...rest, ...advice.map(line => paint(line, 'faint', terminal))];
};

const renderHosts = ({hosts, hasVip, nowMs}: ClusterStatus, terminal: Terminal): string[] => {
  const columns: readonly Column[] = [
    {title: 'HOST', shrinksTo: 12},
    {title: 'ROLE'},
    {title: 'READ-ONLY'},
    {title: 'REPLICATION', shrinksTo: 12},
    ...(hasVip ? [{title: 'VIP'}] : []),
    {title: 'CERT', align: 'right'},
    {title: 'AGENT', shrinksTo: 8},
  ];
  const rows = hosts.map(host => [
    {text: host.name, style: host.role === 'master' ? ('strong' as const) : undefined},
    cell(host.role, host.role === 'unknown' ? 'warning' : undefined),
    readOnlyCell(host),
    replicationCell(host),
    ...(hasVip ? [vipCell(host)] : []),
    certificateCell(host, nowMs),
    agentCell(host),
  ]);
  const clean = rows.map(cells => cells.map(({text, style}) => cell(toLine(text, terminal), style)));
  return renderTable(columns, clean, {terminal, indent});
};

const cell = (text: string, style?: Style): Cell => ({text, style});

const readOnlyCell = (host: JudgedHost): Cell => {
  const {instance, role} = host;
  if (instance === undefined) return cell('?', 'warning');
  if (isWritable(host)) return cell('off', role === 'master' ? undefined : 'bad');
  return cell(instance.superReadOnly === true ? 'on+super' : 'on', role === 'master' ? 'bad' : undefined);
};

const replicationCell = ({instance}: JudgedHost): Cell => {
  if (instance === undefined) return cell('?', 'warning');
  const {replication} = instance;
  if (replication === undefined) return cell('-');
  const {sourceHost, sourcePort, ioRunning, sqlRunning, lagSeconds} = replication;
  const source = sourcePort === 3306 ? sourceHost : `${sourceHost}:${sourcePort}`;
  if (ioRunning && sqlRunning) return cell(`${source}, ${lagSeconds ?? '?'} s behind`);
  return cell(`BROKEN, ${source}`, 'bad');
};

const vipCell = ({vips, report}: JudgedHost): Cell => {
  if (report.status === undefined) return cell('?', 'warning');
  const held = vips.filter(({present}) => present).length;
  if (held === 0) return cell('');
  return cell(held === vips.length ? 'VIP' : `${held}/${vips.length}`, 'strong');
};

const certificateCell = ({report}: JudgedHost, nowMs: number): Cell => {
  if (report.status === undefined) return cell('?', 'warning');
  const days = daysUntil(report.status.certificateNotAfterMs, nowMs);
  return cell(`${days} d`, days < 30 ? 'warning' : undefined);
};

const agentCell = ({report, instance}: JudgedHost): Cell => {
  const {status, error} = report;
  if (status === undefined) return cell(error instanceof AgentUnreachable ? causes[error.why] : 'failed', 'bad');
  if (instance === undefined) return cell('no mysqld', 'bad');
  return cell(status.agentVersion);
};

const causes: Readonly<Record<UnreachableCause, string>> = {
  name: 'name unknown',
  refused: 'not running',
  silent: 'no answer',
  not_an_agent: 'no agent',
  wrong_ca: 'wrong CA',
  agent_certificate: 'bad cert',
  wrong_host: 'wrong host',
  own_certificate: 'refuses us',
  broken: 'broken',
};
