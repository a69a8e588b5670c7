import type {Entry} from './entry.ts';

/**
 * One line of a record, or undefined when it cannot be read: torn by a crash, or without what makes it what it is. The
 * line's event may or may not have happened then; the agents know. A field that says only how something went may be
 * missing and is completed as unknown: a line is never lost for its decoration.
 */
export const parseEntry = (line: string): Entry | undefined => {
  const raw = parseObject(line);
  if (typeof raw?.type !== 'string') return undefined;
  const {needs, completed: optional = {}} = shapes[raw.type] ?? unknownShape;
  if (Object.entries(needs).some(([key, kind]) => !isKind(raw[key], kind))) return undefined;
  const completed = Object.entries(optional).map(([key, unknown]) => {
    const value = raw[key];
    return [key, isSameKind(value, unknown) ? value : unknown];
  });
  return {...raw, ...Object.fromEntries(completed)} as unknown as Entry; // the table is what the type says
};

type Kind = 'string' | 'number' | 'boolean' | 'array' | 'object';

interface Shape {
  readonly needs: Readonly<Record<string, Kind>>;
  /** What stands for a value that is not there. */
  readonly completed?: Readonly<Record<string, unknown>>;
}

/** A line of a later version, or one that is always written whole: nobody reads it who does not know it. */
const unknownShape: Shape = {needs: {}};

const unknownMs = Number.NaN;

const shapes: Readonly<Record<string, Shape>> = {
  failover: {
    needs: {id: 'string', cluster: 'string', epoch: 'number', kind: 'string', oldMaster: 'string'},
    completed: {startedMs: unknownMs, version: ''},
  },
  phase: {needs: {phase: 'string'}, completed: {pid: 0, atMs: unknownMs}},
  hosts: {needs: {hosts: 'array'}},
  guard: {needs: {pid: 'number', startTime: 'string', mha: 'object'}},
  step: {
    needs: {step: 'string', result: 'string'},
    completed: {atMs: unknownMs, durationMs: 0, hosts: [], did: '', notes: []},
  },
  operation: {needs: {host: 'string', port: 'number', operationId: 'string'}},
  takes_over: {needs: {failover: 'string', state: 'string'}, completed: {operations: []}},
  taken_over: {needs: {by: 'string'}},
  vip_change: {needs: {host: 'string', verb: 'string'}},
  old_master: {needs: {fencing: 'string'}, completed: {because: ''}},
  event_scheduler: {needs: {wasOn: 'boolean'}},
  end: {needs: {phase: 'string', result: 'string'}, completed: {atMs: unknownMs, notPutBack: []}},
};

const parseObject = (line: string): Record<string, unknown> | undefined => {
  try {
    const value: unknown = JSON.parse(line);
    return isKind(value, 'object') ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
};

const isKind = (value: unknown, kind: Kind): boolean => kindOf(value) === kind;

const isSameKind = (value: unknown, other: unknown): boolean => kindOf(value) === kindOf(other);

const kindOf = (value: unknown): string => {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'array' : typeof value;
};
