import type {Terminal} from '../environment.ts';
import {paint} from '../terminal/paint.ts';
import {toLine} from '../terminal/plain.ts';
import {wrap} from '../terminal/wrap.ts';

/** One thing that was looked at. A note asks for a look and fails nothing. */
export interface Finding {
  readonly result: 'ok' | 'FAIL' | 'note';
  readonly text: string;
  /** What to do about it. */
  readonly hint?: string | undefined;
}

export const ok = (text: string): Finding => ({result: 'ok', text});
export const fail = (text: string, hint?: string): Finding => ({result: 'FAIL', text, hint});
export const note = (text: string, hint?: string): Finding => ({result: 'note', text, hint});

/** An error with what to do about it, as far as it says so. */
export const failure = (error: Error, prefix = ''): Finding => {
  const {hint} = error as {hint?: string};
  return fail(`${prefix}${error.message}`, hint === '' ? undefined : hint);
};

const styles = {ok: 'good', FAIL: 'bad', note: 'warning'} as const;

/** `  FAIL  what is so; what to do`. */
export const renderFinding = ({result, text, hint}: Finding, terminal: Terminal): string[] => {
  const whole = toLine(hint === undefined ? text : `${text}; ${hint}`, terminal);
  const [first = '', ...rest] = wrap(whole, {
    width: terminal.isPiped ? Number.POSITIVE_INFINITY : terminal.columns,
    first: `  ${result.padEnd(4)}  `,
    indent: '        ',
  });
  return [first.replace(result, word => paint(word, styles[result], terminal)), ...rest];
};
