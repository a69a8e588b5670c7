import type {Terminal} from '../environment.ts';
import {toLine} from '../terminal/plain.ts';
import {renderTable} from '../terminal/table.ts';
import {wrap} from '../terminal/wrap.ts';
import {type FileChange, renderDiff} from './file-change.ts';
import {type FoundInstance, nameOf, type Topology} from './find-topology.ts';
import type {Changes} from './plan-changes.ts';

export interface Discovery extends Changes {
  readonly name: string;
  readonly topology: Topology;
  readonly isWritten: (change: FileChange) => boolean;
}

/** Who was found, and what became of each file. */
export const renderDiscovery = (discovery: Discovery, terminal: Terminal): string[] => {
  const {name, topology, changes, notes, isWritten} = discovery;
  const rows = topology.instances.map(one => [
    {text: nameOf(one)},
    {text: one.ip},
    {text: roleOf(one)},
    {text: toLine(sourceOf(one, topology), terminal)},
  ]);
  const columns = [{title: 'HOST'}, {title: 'ADDRESS'}, {title: 'ROLE'}, {title: 'REPLICATES FROM'}];
  const isOpen = changes.some(change => change.before !== change.after && !isWritten(change));
  return [
    `${name}: ${topology.instances.length} instances`,
    ...renderTable(columns, rows, {terminal, indent: '  '}),
    ...changes.flatMap(change => ['', ...renderChange(change, isWritten(change))]),
    ...(isOpen ? ['', 'the same command with --write makes these changes'] : []),
    ...[...topology.gaps, ...notes].flatMap(text =>
      wrap(toLine(text, terminal), {width: terminal.columns, first: '! ', indent: '  '}),
    ),
  ];
};

const renderChange = (change: FileChange, isDone: boolean): readonly string[] => {
  const {file, before, after} = change;
  if (before === after) return [`${file}: has all of them`];
  return [...(isDone ? [`${file}: written`] : []), ...renderDiff(change)];
};

const roleOf = ({status}: FoundInstance): string => {
  if (!status.reachable) return 'unknown';
  return status.replication === undefined ? 'master' : 'replica';
};

const sourceOf = ({status: {replication}}: FoundInstance, {instances}: Topology): string => {
  if (replication === undefined) return '-';
  const {sourceServerId, sourceHost, sourcePort} = replication;
  const source = instances.find(({status}) => sourceServerId !== 0 && status.serverId === sourceServerId);
  return source === undefined ? `${sourceHost}:${sourcePort}` : nameOf(source);
};

/** The same for programs. */
export const discoveryJson = ({name, topology, changes, notes, isWritten}: Discovery) => ({
  cluster: name,
  instances: topology.instances.map(one => ({
    host: one.host,
    port: one.port,
    ip: one.ip,
    role: roleOf(one),
    source: one.status.replication === undefined ? null : sourceOf(one, topology),
    server_id: one.status.serverId,
  })),
  files: changes.map(change => ({
    file: change.file,
    state: stateOf(change, isWritten(change)),
    diff: renderDiff(change).join('\n'),
  })),
  gaps: topology.gaps,
  notes,
});

const stateOf = ({before, after}: FileChange, isDone: boolean): string => {
  if (before === after) return 'same';
  return isDone ? 'written' : 'differs';
};
