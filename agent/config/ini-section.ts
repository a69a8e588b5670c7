import {parse} from 'ini';
import type {ConfigProblem} from './config-invalid.ts';

export type Report = (problem: ConfigProblem) => void;

/** The sections of an ini text in their order. Dots in their names are no hierarchy: `[vip:10.0.0.50/24]`. */
export const readSections = (text: string, report: Report): readonly IniSection[] => {
  const names = new Set<string>();
  const escaped = text.replace(/^[ \t]*\[(.*?)\][ \t]*([;#].*)?$/gm, (_, name: string) => {
    if (names.has(name)) report({section: name, message: 'is there twice; keep one'});
    names.add(name);
    return `[${name.replaceAll('.', '\\.')}]`;
  });
  return Object.entries(parse(escaped, {bracketedArray: false})).flatMap(([name, content]) => {
    if (typeof content === 'object' && content !== null) return [new IniSection(name, content, report)];
    report({key: name, message: 'stands before the first [section]'});
    return [];
  });
};

/** Hands out the values of one section and knows which keys nobody asked for. */
export class IniSection {
  readonly name: string;
  readonly #values: Map<string, readonly unknown[]>;
  readonly #asked = new Set<string>();
  readonly #report: Report;

  constructor(name: string, content: object, report: Report) {
    this.name = name;
    // `ini` makes an array of a key that it has seen before, be it in another section: only more than one is too many.
    this.#values = new Map(Object.entries(content).map(([key, value]) => [key, [value].flat()]));
    this.#report = report;
  }

  /** Undefined when the key is absent, or was reported because `parse` gave undefined. `write` says what to write. */
  read<T>(key: string, parse: (text: string) => T | undefined, write: string): T | undefined {
    this.#asked.add(key);
    const [value, ...more] = this.#values.get(key) ?? [];
    if (value === undefined) return undefined;
    const text = typeof value === 'boolean' ? '' : String(value).trim();
    const parsed = text === '' ? undefined : parse(text);
    if (more.length > 0) this.problem(key, 'is there twice; keep one');
    else if (parsed === undefined)
      this.problem(key, `${text === '' ? 'empty' : `'${text}' will not do`}; write ${write}`);
    return parsed;
  }

  has(key: string): boolean {
    return this.#values.has(key);
  }

  problem(key: string | undefined, message: string): void {
    this.#report({section: this.name, ...(key !== undefined && {key}), message});
  }

  /** To be called last: a key that nobody asked for is a slip of the pen. */
  reportUnknownKeys(): void {
    for (const key of this.#values.keys()) {
      if (!this.#asked.has(key)) this.problem(key, `unknown key; known here: ${[...this.#asked].join(', ')}`);
    }
  }
}
