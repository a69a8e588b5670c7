import type {
  Entry,
  FencingKnowledge,
  GuardIdentity,
  HostVersions,
  PhaseResult,
  StepAccount,
} from '../../record/entry.ts';
import type {FailoverRecord} from '../../record/record-file.ts';

/** One failover in the order of time, from its record. Times are milliseconds since 1970 by the manager's clock; NaN: unknown. */
export interface Timeline {
  readonly record: FailoverRecord;
  readonly phases: readonly PhaseTimeline[];
  readonly hosts: readonly HostVersions[];
  readonly guard: GuardIdentity | undefined;
  readonly oldMaster: FencingKnowledge | undefined;
  /** What a whole record would say and this one does not, one sentence each. */
  readonly missing: readonly string[];
}

export interface PhaseTimeline {
  readonly name: string;
  readonly pid: number;
  /** Its process began, as far as that is known; else its plan. */
  readonly beganMs: number;
  /** Its plan began: the hosts had been asked. */
  readonly atMs: number;
  /** Its end, or the last that is known of it. */
  readonly endMs: number;
  readonly steps: readonly StepTimeline[];
  /** Undefined: the record does not say how it ended. */
  readonly end: PhaseEndEntry | undefined;
}

export interface StepTimeline extends StepAccount {
  readonly startMs: number;
  readonly endMs: number;
}

type PhaseEndEntry = Extract<Entry, {type: 'end'}>;

export const timelineOf = (record: FailoverRecord): Timeline => {
  const {entries} = record;
  const phases = splitPhases(entries).map(phaseOf);
  const hosts = new Map(
    entries.flatMap(entry => (entry.type === 'hosts' ? entry.hosts : [])).map(one => [one.host, one]),
  );
  return {
    record,
    phases,
    hosts: [...hosts.values()],
    guard: entries.findLast(entry => entry.type === 'guard'),
    oldMaster: entries.findLast(entry => entry.type === 'old_master'),
    missing: [...sayTorn(record), ...phases.flatMap(sayMissing)],
  };
};

/** How long our own processes worked, all phases together. */
export const workedMs = ({phases}: Timeline): number =>
  phases.map(({beganMs, endMs}) => endMs - beganMs).reduce((sum, ms) => (ms > 0 ? sum + ms : sum), 0);

export const resultOf = ({end}: PhaseTimeline): PhaseResult | 'interrupted' => end?.result ?? 'interrupted';

/** A phase is everything from its first line to the next phase; one whose first line is lost is named by its end. */
const splitPhases = (entries: readonly Entry[]): Entry[][] => {
  const groups: Entry[][] = [];
  let isOver = true;
  for (const entry of entries) {
    const isPart = entry.type === 'step' || entry.type === 'end';
    if (entry.type === 'phase' || (isPart && isOver)) groups.push([]);
    if (entry.type === 'phase' || isPart) isOver = entry.type === 'end';
    groups.at(-1)?.push(entry);
  }
  return groups;
};

const phaseOf = (entries: readonly Entry[]): PhaseTimeline => {
  const begin = entries.find(entry => entry.type === 'phase');
  const end = entries.find(entry => entry.type === 'end');
  const steps = entries.filter(entry => entry.type === 'step').map(stepOf);
  const atMs = begin?.atMs ?? steps[0]?.startMs ?? end?.atMs ?? Number.NaN;
  return {
    name: begin?.phase ?? end?.phase ?? 'a phase without a name',
    pid: begin?.pid ?? 0,
    beganMs: begin?.beganMs ?? atMs,
    atMs,
    endMs: end?.atMs ?? steps.at(-1)?.endMs ?? atMs,
    steps,
    end,
  };
};

const stepOf = ({type: _, atMs, ...step}: Extract<Entry, {type: 'step'}>): StepTimeline => ({
  ...step,
  startMs: atMs - step.durationMs,
  endMs: atMs,
});

const sayTorn = ({tornLines, entries}: FailoverRecord): string[] => {
  const torn =
    tornLines === 0 ? [] : [`${tornLines === 1 ? '1 line' : `${tornLines} lines`} of the record cannot be read`];
  return entries.some(({type}) => type === 'phase') ? torn : [...torn, 'no phase: it ended before its first step'];
};

const sayMissing = ({name, pid, end, atMs}: PhaseTimeline): string[] => [
  ...(pid === 0 ? [`the beginning of ${name}`] : []),
  ...(Number.isNaN(atMs) ? [`when ${name} began`] : []),
  ...(end === undefined ? [`the end of ${name}: its process is at work, was killed, or could not write`] : []),
];
