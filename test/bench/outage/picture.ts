import type {ClientMeasured, Sample} from './measure.ts';
import {lengthOf, type Part, type PartName, partNames, workOf} from './parts.ts';
import {outageOf} from './table.ts';

/** Blue: the stop hook's. Grey: MHA's. Green: the start hook's. Orange: the network's and the client's. */
const colours: Readonly<Record<PartName, string>> = {
  'stop hook starts': '#c7d9f2',
  'preflight, guard': '#a3c1ea',
  'read-only': '#2b5fb3',
  'drain, kill': '#4b80d1',
  'VIP released': '#1d4480',
  'verify, commit': '#7ba6e3',
  "MHA's own": '#b8bcc4',
  'start hook starts': '#a8d5b5',
  promote: '#2f8f57',
  'acquire VIP': '#55b57c',
  'first ARP': '#e9a23b',
  'client reconnects': '#d9622b',
};

const page = {width: 1000, left: 208, right: 92, top: 92, row: 52, bar: 26};

/** Every client's median switch on one axis; nought is its last commit before the outage. A whole SVG file. */
export const drawOutages = (all: readonly ClientMeasured[], machine: string): string => {
  const rows = all.map(one => ({one, sample: medianSample(one.samples)}));
  const scale = scaleFor(rows.map(({sample}) => sample));
  const bottom = page.top + rows.length * page.row;
  const switches = all[0]?.samples.length ?? 0;
  return wrap(bottom + 122, [
    text(24, 36, 'Write outage of an online switch, as clients see it', 'class="title"'),
    text(
      24,
      58,
      `The median of ${switches} switches by masterha_master_switch, for each kind of client; milliseconds since its last commit`,
    ),
    ...axis(scale, bottom),
    ...rows.flatMap(({one, sample}, index) => drawRow(one, sample, {scale, y: page.top + index * page.row})),
    ...legend(bottom + 52),
    text(24, bottom + 108, machine, 'class="small"'),
  ]);
};

interface Scale {
  readonly fromMs: number;
  readonly toMs: number;
  readonly x: (ms: number) => number;
}

const medianSample = (samples: readonly Sample[]): Sample => {
  const sorted = samples.toSorted((a, b) => lengthOf(a.outage) - lengthOf(b.outage));
  const middle = sorted[Math.floor((sorted.length - 1) / 2)];
  if (middle === undefined) throw new Error('nothing was measured');
  return middle;
};

/** What lies further back is no outage, and would leave little of the page to it. Bars are cut there, their numbers are not. */
const cutAtMs = -300;

const scaleFor = (samples: readonly Sample[]): Scale => {
  const began = Math.min(...samples.map(({moments, outage}) => moments.stopBegan - outage.fromMs));
  const fromMs = Math.max(began, cutAtMs);
  const toMs = Math.max(...samples.map(({outage}) => lengthOf(outage)));
  const perMs = (page.width - page.left - page.right) / (toMs - fromMs);
  return {fromMs, toMs, x: ms => page.left + (Math.max(ms, fromMs) - fromMs) * perMs};
};

const drawRow = (
  {load, client, samples}: ClientMeasured,
  sample: Sample,
  {scale: {x}, y}: {readonly scale: Scale; readonly y: number},
): readonly string[] => {
  const zero = sample.outage.fromMs;
  const bars = workOf(sample.moments, sample.outage).flatMap(part => drawPart(part, {x: ms => x(ms - zero), y, zero}));
  const [from, to] = [x(0), x(lengthOf(sample.outage))];
  const {median} = outageOf(samples);
  return [
    text(page.left - 14, y + 16, load, 'class="label" text-anchor="end"'),
    text(page.left - 14, y + 31, client.name, 'class="small" text-anchor="end"'),
    ...bars,
    `<path d="M${px(from)} ${y + 34}v4h${px(to - from)}v-4" class="bracket"/>`,
    text(to + 8, y + 23, `${Math.round(median)} ms`, 'class="total"'),
  ];
};

const drawPart = (
  part: Part,
  {x, y, zero}: {readonly x: (ms: number) => number; readonly y: number; readonly zero: number},
): readonly string[] => {
  const width = x(part.toMs) - x(part.fromMs);
  if (width < 0.3) return [];
  const ms = Math.round(lengthOf(part));
  const title = `<title>${asText(part.name)}: ${ms} ms</title>`;
  const faint = part.toMs <= zero ? ' opacity="0.55"' : '';
  const at = `x="${px(x(part.fromMs))}" y="${y + 4}" width="${px(width)}" height="${page.bar}"`;
  const bar = `<rect ${at} fill="${colours[part.name]}"${faint}>${title}</rect>`;
  const dark = darkOnes.has(part.name) ? 'class="in dark"' : 'class="in"';
  return width < 9 * String(ms).length + 4 ? [bar] : [bar, text(x(part.fromMs) + width / 2, y + 22, String(ms), dark)];
};

const darkOnes: ReadonlySet<PartName> = new Set<PartName>([
  ...(['read-only', 'drain, kill', 'VIP released', 'promote', 'client reconnects'] as const),
]);

const axis = ({fromMs, toMs, x}: Scale, bottom: number): readonly string[] => {
  const step = [10, 20, 50, 100, 200, 500, 1000, 2000].find(ms => (toMs - fromMs) / ms <= 14) ?? 5000;
  const first = Math.ceil(fromMs / step) * step;
  const ticks = Array.from({length: Math.floor((toMs - first) / step) + 1}, (_, index) => first + index * step);
  return ticks.flatMap(ms => [
    `<path d="M${px(x(ms))} ${page.top - 10}V${bottom}" class="${ms === 0 ? 'zero' : 'grid'}"/>`,
    text(x(ms), bottom + 16, `${ms}`, 'class="small" text-anchor="middle"'),
  ]);
};

const legend = (y: number): readonly string[] =>
  partNames.flatMap((name, index) => {
    const [left, top] = [24 + (index % 6) * 160, y + Math.floor(index / 6) * 22];
    return [
      `<rect x="${left}" y="${top - 11}" width="14" height="14" rx="3" fill="${colours[name]}"/>`,
      text(left + 20, top, name, 'class="small"'),
    ];
  });

const wrap = (height: number, parts: readonly string[]): string =>
  [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${page.width} ${height}" width="${page.width}" height="${height}" role="img">`,
    `<style>${style}</style>`,
    `<rect x="0.5" y="0.5" width="${page.width - 1}" height="${height - 1}" rx="10" fill="#fff" stroke="#d8dce3"/>`,
    ...parts,
    '</svg>',
    '',
  ].join('\n');

const style =
  'text{font:12.5px system-ui,"DejaVu Sans",sans-serif;fill:#3c4350}.title{font-size:19px;font-weight:600;fill:#171b22}' +
  '.label{font-size:13.5px;font-weight:600;fill:#171b22}.small{font-size:11.5px;fill:#69717f}.total{font-size:14px;font-weight:700;fill:#171b22}' +
  '.in{font-size:11px;text-anchor:middle;fill:#22304a}.dark{fill:#fff}.grid{stroke:#edf0f4}.zero{stroke:#8d96a5;stroke-dasharray:3 3}' +
  '.bracket{fill:none;stroke:#8d96a5}';

const text = (x: number, y: number, words: string, attributes = ''): string =>
  `<text x="${px(x)}" y="${px(y)}" ${attributes}>${asText(words)}</text>`;

const asText = (words: string): string => words.replaceAll('&', '&amp;').replaceAll('<', '&lt;');

const px = (value: number): string => String(Math.round(value * 10) / 10);
