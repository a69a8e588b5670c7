import {type Outcome, outcomeOf} from '../command/history/outcome.ts';
import {outageOf} from '../command/show/outage.ts';
import {timelineOf} from '../command/show/timeline.ts';
import type {Fencing} from '../record/entry.ts';
import type {FailoverRecord} from '../record/record-file.ts';

/** What the newest failover of a cluster looks like to Prometheus, in its text format. What is not known has no sample. */
export const failoverMetrics = (record: FailoverRecord): string => {
  const {cluster, kind, epoch, startedMs} = record.head;
  const timeline = timelineOf(record);
  const outcome = outcomeOf(timeline, false);
  const outage = outageOf(timeline);
  const endMs = timeline.phases.at(-1)?.endMs;
  const seconds = (ms: number | undefined): readonly Sample[] =>
    ms === undefined || Number.isNaN(ms) ? [] : [{labels: {cluster}, value: ms / 1000}];
  const fencing = timeline.oldMaster?.fencing;
  const families: readonly Family[] = [
    ['timestamp_seconds', 'When it began.', seconds(startedMs)],
    ['epoch', 'Its number.', [{labels: {cluster}, value: epoch}]],
    ['kind', 'At 1 what it was.', oneOf(kinds, kind, value => ({cluster, kind: value}))],
    [
      'result',
      'At 1 how it ended, as mha-helper history says.',
      oneOf(outcomes, outcome, result => ({cluster, result})),
    ],
    ['duration_seconds', 'From its beginning to the end of its last phase.', seconds(endMs && endMs - startedMs)],
    [
      'outage_seconds',
      'How long nobody could write, as far as its hooks know.',
      seconds(outage?.endMs && outage.endMs - outage.beganMs),
    ],
    [
      'fencing',
      'At 1 what is known of the old master.',
      fencing === undefined ? [] : oneOf(fencings, fencing, value => ({cluster, fencing: value})),
    ],
  ];
  return families.flatMap(render).join('');
};

interface Sample {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

type Family = readonly [name: string, help: string, samples: readonly Sample[]];

const kinds: readonly FailoverRecord['head']['kind'][] = ['online', 'hard', 'placement'];
const fencings: readonly Fencing[] = ['released', 'fenced', 'unknown'];
const outcomes: readonly Outcome[] = [
  ...(['done', 'incomplete', 'refused', 'undone', 'failed'] as const),
  ...(['half done', 'recovered', 'under way'] as const),
];

const oneOf = <T extends string>(
  all: readonly T[],
  one: T,
  labelsOf: (value: string) => Sample['labels'],
): readonly Sample[] =>
  all.map(value => ({labels: labelsOf(value.replaceAll(' ', '_')), value: value === one ? 1 : 0}));

const render = ([name, help, samples]: Family): readonly string[] => {
  if (samples.length === 0) return [];
  const full = `mha_helper_failover_last_${name}`;
  const lines = samples.map(({labels, value}) => `${full}{${renderLabels(labels)}} ${value}\n`);
  return [`# HELP ${full} Newest failover: ${help}\n`, `# TYPE ${full} gauge\n`, ...lines];
};

const renderLabels = (labels: Sample['labels']): string =>
  Object.entries(labels)
    .map(([name, value]) => `${name}="${value.replace(/["\\]/g, '\\$&').replaceAll('\n', '\\n')}"`)
    .join(',');
