import {isSecret} from './redact.ts';

export interface Options {
  readonly values: ReadonlyMap<string, string>;
  readonly flags: ReadonlySet<string>;
  /** What was ignored, for people. Names only: a value that we do not know may be a secret. */
  readonly notes: readonly string[];
}

/**
 * Reads `--name=value` and `--name value`. Never fails: an option that a later MHA adds must not stop a failover, so
 * what is not known becomes a note. Of an option given twice the last counts, as in MHA's own scripts.
 */
export const readOptions = (
  argv: readonly string[],
  known: {readonly values: ReadonlySet<string>; readonly flags: ReadonlySet<string>},
): Options => {
  const values = new Map<string, string>();
  const flags = new Set<string>();
  const notes: string[] = [];
  for (let index = 0; index < argv.length; index++) {
    const {name, value} = splitOption(argv[index] ?? '');
    if (name === undefined) notes.push(`ignored argument ${index + 1}, which is no option`);
    else if (known.flags.has(name)) flags.add(name);
    else if (value !== undefined && known.values.has(name)) values.set(name, value);
    else if (known.values.has(name)) values.set(name, takesNext(argv, index) ? (argv[++index] ?? '') : '');
    else {
      notes.push(`ignored unknown option --${name}`);
      if (value === undefined && takesNext(argv, index)) index++;
    }
  }
  return {values, flags, notes};
};

/** The value may hold newlines (a report's body) and further equals signs. */
const splitOption = (argument: string): {readonly name?: string | undefined; readonly value?: string | undefined} => {
  const [, name, value] = /^--([^=\s]+)(?:=([\s\S]*))?$/.exec(argument) ?? [];
  return {name, value};
};

/** A password may begin with dashes: what follows its option is never looked at as an option, nor shown as one. */
const takesNext = (argv: readonly string[], index: number): boolean => {
  const next = argv[index + 1];
  return next !== undefined && (isSecret(argv[index]) || !next.startsWith('--'));
};
