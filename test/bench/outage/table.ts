import {type Spread, spreadOf} from '../spread.ts';
import {markdownTable, showSpread} from '../table.ts';
import type {ClientMeasured, Sample} from './measure.ts';
import {lengthOf, partNames, partsOf} from './parts.ts';

/** Parts of the outage in milliseconds, one column a client. */
export const outageTable = (all: readonly ClientMeasured[]): string => {
  const row = (name: string, show: (one: ClientMeasured) => string) => [name, ...all.map(show)];
  return markdownTable(
    ['ms, median', ...all.map(({client}) => client.title)],
    [
      ...partNames.map(name => row(name, ({samples}) => showPart(spreadOfPart(samples, name)))),
      row('**write outage**', ({samples}) => showSpread(outageOf(samples))),
      row("without MHA's own", ({samples}) => showSpread(oursOf(samples))),
      row('99 of 100 clients wait at most', one => (isPool(one) ? showSpread(slowest99Of(one.samples)) : '')),
      row('wanted', sayTarget),
      row('rows acknowledged, lost', ({acknowledged, lost}) => `${acknowledged.toLocaleString('en')}, ${lost}`),
    ],
  );
};

const spreadOfPart = (samples: readonly Sample[], name: (typeof partNames)[number]): Spread =>
  spreadOf(samples.map(sample => lengthOfPart(sample, name)));

const lengthOfPart = ({moments, outage}: Sample, name: (typeof partNames)[number]): number => {
  const part = partsOf(moments, outage).find(one => one.name === name);
  return part === undefined ? Number.NaN : lengthOf(part);
};

/** Not part of any outage: a dash reads quicker than a nought. */
const showPart = ({median, max}: Spread): string => (max < 0.5 ? '–' : String(Math.round(median)));

export const outageOf = (samples: readonly Sample[]): Spread => spreadOf(samples.map(({outage}) => lengthOf(outage)));

const oursOf = (samples: readonly Sample[]): Spread =>
  spreadOf(samples.map(sample => lengthOf(sample.outage) - lengthOfPart(sample, "MHA's own")));

const isPool = ({client}: ClientMeasured): boolean => (client.options.writers ?? 1) > 1;

/** Of one switch: the longest wait for a write, once the one client in a hundred that waited longest is left out. */
const slowest99Of = (samples: readonly Sample[]): Spread =>
  spreadOf(
    samples.map(({slowestWritesMs}) => {
      const sorted = slowestWritesMs.toSorted((a, b) => a - b);
      return sorted[Math.ceil(sorted.length * 0.99) - 1] ?? Number.NaN;
    }),
  );

const sayTarget = (one: ClientMeasured): string => {
  if (isPool(one)) return '99 of 100: ≤ 400';
  return one.client.options.rate === 0 ? "≤ MHA's own + 120" : 'outage ≤ 150';
};
