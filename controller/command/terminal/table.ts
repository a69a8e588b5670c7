import type {Terminal} from '../environment.ts';
import {paint, type Style} from './paint.ts';
import {fit} from './plain.ts';

export interface Column {
  readonly title: string;
  readonly align?: 'right';
  /** The column gives way down to this width when lines get too long; without it never. */
  readonly shrinksTo?: number;
}

export interface Cell {
  readonly text: string;
  readonly style?: Style | undefined;
}

const gap = 2;

/** A table whose lines fit the terminal as far as its columns can shrink; the widest shrinks first. */
export const renderTable = (
  columns: readonly Column[],
  rows: readonly (readonly Cell[])[],
  {terminal, indent}: {readonly terminal: Terminal; readonly indent: string},
): string[] => {
  const titles = columns.map(({title}): Cell => ({text: title, style: 'faint'}));
  const widths = fitWidths(columns, [titles, ...rows], terminal.columns - indent.length);
  return [titles, ...rows].map(cells => {
    const parts = columns.map((column, index) => {
      const {text, style} = cells[index] ?? {text: '', style: undefined};
      const width = widths[index] ?? 0;
      const short = fit(text, width, terminal);
      const blanks = ' '.repeat(width - short.length);
      const shown = paint(short, short === '' ? undefined : style, terminal);
      return column.align === 'right' ? blanks + shown : shown + blanks;
    });
    return `${indent}${parts.join(' '.repeat(gap))}`.trimEnd();
  });
};

const fitWidths = (columns: readonly Column[], rows: readonly (readonly Cell[])[], space: number): number[] => {
  const widths = columns.map((_, index) => Math.max(0, ...rows.map(cells => cells[index]?.text.length ?? 0)));
  const used = () => widths.reduce((sum, width) => sum + width, gap * (columns.length - 1));
  while (used() > space) {
    const slack = columns.map(({shrinksTo}, index) => (widths[index] ?? 0) - (shrinksTo ?? Number.POSITIVE_INFINITY));
    const widest = slack.indexOf(Math.max(...slack));
    if ((slack[widest] ?? 0) <= 0) break;
    widths[widest] = (widths[widest] ?? 0) - 1;
  }
  return widths;
};
