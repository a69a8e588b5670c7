import type {Spread} from './spread.ts';

/** `1,234 (1,200–1,300)`: median and spread. */
export const showSpread = ({min, median, max}: Spread, digits = 0): string => {
  const show = (value: number) =>
    value.toLocaleString('en', {minimumFractionDigits: digits, maximumFractionDigits: digits});
  return `${show(median)} (${show(min)}–${show(max)})`;
};

/** A table that reads well on a terminal and is Markdown as well. */
export const markdownTable = (head: readonly string[], rows: readonly (readonly string[])[]): string => {
  const all = [head, ...rows];
  const widths = head.map((_, column) => Math.max(3, ...all.map(row => row[column]?.length ?? 0)));
  const pad = (text: string, column: number): string =>
    column === 0 ? text.padEnd(widths[column] ?? 0) : text.padStart(widths[column] ?? 0);
  const [first = [], ...rest] = all.map(row => row.map(pad));
  const rule = widths.map((width, column) => (column === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`));
  return [first, rule, ...rest].map(row => `| ${row.join(' | ')} |`).join('\n');
};
