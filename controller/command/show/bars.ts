import type {Terminal} from '../environment.ts';

/** A stretch of time and the columns it is drawn on. */
export interface Axis {
  readonly fromMs: number;
  readonly toMs: number;
  readonly width: number;
}

/** ours: a process of ours works. failed: and fails. waiting: somebody else's time. outage: nobody can write. */
export type BarKind = 'ours' | 'failed' | 'waiting' | 'outage';

/** A bar at its place on the axis, never shorter than one column; without colours the kinds differ by their letters. */
export const drawBar = (
  span: {readonly startMs: number; readonly endMs: number; readonly kind: BarKind},
  axis: Axis,
  {hasUnicode}: Pick<Terminal, 'hasUnicode'>,
): {readonly before: string; readonly bar: string; readonly behind: string} => {
  const {fromMs, toMs, width} = axis;
  const scale = width / Math.max(1, toMs - fromMs);
  const columnOf = (ms: number): number => Math.round((Math.min(Math.max(ms, fromMs), toMs) - fromMs) * scale);
  const isKnown = !Number.isNaN(span.startMs) && !Number.isNaN(span.endMs);
  const start = Math.min(isKnown ? columnOf(span.startMs) : 0, width - 1);
  const length = isKnown ? Math.max(1, columnOf(span.endMs) - start) : 0;
  const letter = (hasUnicode ? unicode : ascii)[span.kind];
  return {before: ' '.repeat(start), bar: letter.repeat(length), behind: ' '.repeat(width - start - length)};
};

const unicode: Readonly<Record<BarKind, string>> = {
  ours: '\u2588',
  failed: '\u2593',
  waiting: '\u2591',
  outage: '\u2501',
};

const ascii: Readonly<Record<BarKind, string>> = {ours: '#', failed: 'X', waiting: '.', outage: '='};
