import type {Terminal} from '../../../controller/command/environment.ts';
import {paint, type Style} from '../../../controller/command/terminal/paint.ts';
import {toLine} from '../../../controller/command/terminal/plain.ts';
import {wrap} from '../../../controller/command/terminal/wrap.ts';

/** What a person who looks on reads, while it happens. */
export interface Screen {
  readonly terminal: Terminal;
  /** A new act, with the time since the demo began. */
  headline(text: string): void;
  /** One sentence about what happens now. */
  say(text: string, style?: Style): void;
  /** A line of our hooks, as MHA passes it on. */
  hook(line: string): void;
  /** Lines that are laid out already. */
  print(lines: readonly string[]): void;
}

export const createScreen = (terminal: Terminal, write: (line: string) => void): Screen => {
  const started = performance.now();
  const put = (text: string, style: Style | undefined, indents: {first: string; indent: string}): void => {
    for (const line of wrap(toLine(text, terminal), {width: terminal.columns, ...indents}))
      write(paint(line, style, terminal));
  };
  return {
    terminal,
    headline: text => {
      write('');
      put(text, 'strong', {first: `${clock(performance.now() - started)}  `, indent: '      '});
    },
    say: (text, style) => put(text, style, {first: '      ', indent: '      '}),
    hook: line => {
      const own = /^ */.exec(line)?.[0] ?? '';
      // The columns of a step's line stay as they are; only its end is wrapped, below its beginning.
      const columns = /^ {2}(?:ok {2}|FAIL) .{14} .{12} .{8} {2}/.exec(line)?.[0] ?? own;
      const gutter = own === '' ? '| ' : '|';
      const indent = columns === own ? `${own}  ` : ' '.repeat(columns.length);
      put(line.slice(columns.length), 'faint', {first: gutter + columns, indent: gutter + indent});
    },
    print: lines => lines.forEach(write),
  };
};

const clock = (ms: number): string => {
  const seconds = Math.floor(ms / 1000);
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
};
