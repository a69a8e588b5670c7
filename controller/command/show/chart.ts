import type {BarKind} from './bars.ts';
import {outageOf} from './outage.ts';
import type {PhaseTimeline, StepTimeline, Timeline} from './timeline.ts';

/** What the chart draws, row by row, on one axis. */
export interface Chart {
  readonly fromMs: number;
  readonly toMs: number;
  /** Since the end of the chart before it. */
  readonly laterMs: number | undefined;
  readonly rows: readonly Row[];
}

export type Row =
  | {readonly type: 'phase'; readonly phase: PhaseTimeline}
  | {
      readonly type: 'bar';
      readonly label: string;
      readonly hosts: readonly string[];
      readonly startMs: number;
      readonly endMs: number;
      readonly durationMs: number;
      readonly kind: BarKind;
      /** Absent where the row is not a step. */
      readonly step?: StepTimeline;
    };

/** A pause longer than this many times the work around it would leave nothing of the work to see: a new axis begins. */
const squeezes = 20;

/** One chart, or several where somebody came back much later. */
export const chartsOf = (timeline: Timeline): Chart[] => {
  const groups: PhaseTimeline[][] = [];
  for (const phase of timeline.phases) {
    const group = groups.at(-1);
    if (group === undefined || isFarFrom(group, phase)) groups.push([phase]);
    else group.push(phase);
  }
  return groups.map((phases, index) => {
    const previous = groups[index - 1]?.at(-1);
    return chartOf(
      phases,
      previous === undefined ? {timeline} : {laterMs: (phases[0]?.beganMs ?? Number.NaN) - previous.endMs},
    );
  });
};

const isFarFrom = (group: readonly PhaseTimeline[], phase: PhaseTimeline): boolean => {
  const worked = [...group, phase].reduce((sum, {beganMs, endMs}) => sum + (endMs - beganMs), 0);
  return phase.beganMs - (group.at(-1)?.endMs ?? Number.NaN) > Math.max(1000, worked * squeezes);
};

const chartOf = (
  phases: readonly PhaseTimeline[],
  {timeline, laterMs}: {readonly timeline?: Timeline; readonly laterMs?: number},
): Chart => {
  const known = phases.flatMap(({beganMs, endMs}) => [beganMs, endMs]).filter(ms => !Number.isNaN(ms));
  const [fromMs, toMs] = known.length === 0 ? [0, 0] : [Math.min(...known), Math.max(...known)];
  const rows = phases.flatMap((phase, index) => [...pauseRows(phases[index - 1], phase), ...phaseRows(phase)]);
  return {fromMs, toMs, laterMs, rows: [...(timeline === undefined ? [] : outageRows(timeline, toMs)), ...rows]};
};

const outageRows = (timeline: Timeline, toMs: number): Row[] => {
  const outage = outageOf(timeline);
  if (outage === undefined) return [];
  const {beganMs: startMs, endMs = toMs} = outage;
  return [barRow('no writes', 'outage', {startMs, endMs})];
};

/** Between stop and start everything is MHA's: its locks, and the wait for the new master to catch up. */
const pauseRows = (previous: PhaseTimeline | undefined, next: PhaseTimeline): Row[] => {
  if (previous === undefined) return [];
  const span = {startMs: previous.endMs, endMs: next.beganMs};
  return [barRow(next.name.endsWith('start') ? "MHA's own time" : 'in between', 'waiting', span)];
};

const phaseRows = (phase: PhaseTimeline): Row[] => {
  const {beganMs: startMs, atMs: endMs, steps} = phase;
  const asking = endMs > startMs ? [barRow('start, ask hosts', 'ours', {startMs, endMs})] : [];
  return [{type: 'phase', phase}, ...asking, ...steps.map(stepRow)];
};

const stepRow = (step: StepTimeline): Row => {
  const {step: label, hosts, startMs, endMs, durationMs, result} = step;
  return {type: 'bar', label, hosts, startMs, endMs, durationMs, kind: result === 'ok' ? 'ours' : 'failed', step};
};

const barRow = (label: string, kind: BarKind, span: {readonly startMs: number; readonly endMs: number}): Row => ({
  ...{type: 'bar', label, kind, hosts: []},
  ...{...span, durationMs: span.endMs - span.startMs},
});
