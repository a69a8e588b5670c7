import type {CommandEnvironment} from '../environment.ts';
import {paint, type Style} from './paint.ts';
import {fit, toColumns, toLine} from './plain.ts';
import {wrap} from './wrap.ts';

const frames = {unicode: '⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏', plain: '|/-\\'} as const;
const frameMs = 100;

/**
 * What a person watches while something is at work: lines that stay, and below them one that moves, with a spinner, the
 * time since the beginning and what goes on. Where nobody looks on, every line is plain and stays.
 */
export class LiveLine {
  readonly #environment: CommandEnvironment;
  readonly #beganMs = performance.now();
  readonly #timer: NodeJS.Timeout | undefined;
  #frame = 0;
  #doing: string;

  constructor(environment: CommandEnvironment, doing: string) {
    this.#environment = environment;
    this.#doing = doing;
    if (environment.draw === undefined) return;
    this.#timer = setInterval(() => this.#redraw(), frameMs).unref();
    this.#redraw();
  }

  /** A line that stays. */
  say(text: string): void {
    const {tell, terminal} = this.#environment;
    this.#erase();
    const line = toColumns(text, terminal);
    if (terminal.isPiped) tell(line);
    else for (const part of this.#wrap(line)) tell(part);
    this.#redraw();
  }

  /** What goes on now. */
  now(text: string): void {
    if (this.#environment.draw === undefined) {
      if (text !== this.#doing) this.#environment.tell(`    ${text.trimStart()}`);
      this.#doing = text;
      return;
    }
    this.#doing = text;
    this.#redraw();
  }

  /** Nothing is at work any more. */
  end(): void {
    clearInterval(this.#timer);
    this.#erase();
  }

  #wrap(line: string): readonly string[] {
    const {terminal} = this.#environment;
    const [, first = '', rest = line] = /^( *)(.*)$/.exec(line) ?? [];
    const lines = wrap(rest, {width: terminal.columns, first, indent: `${first}       `});
    return lines.map(part => part.replace(/^ {2}(ok|FAIL) /, mark => paint(mark, styleOf(mark), terminal)));
  }

  #erase(): void {
    this.#environment.draw?.('\r\u001b[K');
  }

  #redraw(): void {
    const {draw, terminal} = this.#environment;
    if (draw === undefined) return;
    const signs = terminal.hasUnicode ? frames.unicode : frames.plain;
    const sign = signs[this.#frame++ % signs.length];
    const seconds = ((performance.now() - this.#beganMs) / 1000).toFixed(1);
    const text = `${sign} ${seconds} s  ${toLine(this.#doing, terminal)}`;
    draw(`\r\u001b[K${paint(fit(text, terminal.columns - 1, terminal), 'faint', terminal)}`);
  }
}

const styleOf = (mark: string): Style => (mark.includes('ok') ? 'good' : 'bad');
