import type {Problem} from './config-invalid.ts';
import {isKeyName, type Key, type KeyName, type KeyWithDefault, keys, type ValueOf} from './keys.ts';
import {Wrong} from './parse-value.ts';
import type {IniEntry, IniSection} from './read-ini.ts';
import {isDefaultSection} from './section-name.ts';
import {suggestKey} from './suggest-key.ts';

/** What a section says, typed. A key that it does not have, or has with a wrong value, is absent. */
export type Values = {readonly [K in KeyName]?: ValueOf<K>};

export interface SectionValues {
  readonly name: string;
  readonly line: number;
  readonly values: Values;
  /** Where and how each key was written, for problems found later. */
  readonly entries: ReadonlyMap<string, IniEntry>;
}

/** Checks every entry of a section by itself and reports what is wrong with it. */
export const readSection = (section: IniSection, report: (problem: Omit<Problem, 'file'>) => void): SectionValues => {
  const values: Record<string, unknown> = {};
  const entries = new Map<string, IniEntry>();
  for (const entry of section.entries) {
    const {key, line} = entry;
    const first = entries.get(key);
    const parsed = first === undefined ? readEntry(section.name, entry) : new Wrong(`already in line ${first.line}`);
    if (!(parsed instanceof Wrong)) values[key] = parsed;
    else report({section: section.name, line, key, ...shownValue(entry), message: parsed.message});
    entries.set(key, first ?? entry);
  }
  // Each value came from the parser of its own key, which is what `Values` says.
  return {name: section.name, line: section.line, values: values as Values, entries};
};

/** Where a problem is: a key of the section, or the section. */
export const place = ({name, line, entries}: SectionValues, key?: string) => ({
  section: name,
  line: (key === undefined ? undefined : entries.get(key)?.line) ?? line,
});

/** What holds where no section says anything. */
export type Defaults = {readonly [K in KeyWithDefault]: ValueOf<K>};

export const readDefaults = (): Defaults => {
  const values: Record<string, unknown> = {};
  for (const [name, key] of Object.entries<Key>(keys)) {
    if (key.default !== undefined) values[name] = key.parse(key.default);
  }
  return values as Defaults;
};

const readEntry = (section: string, {key, value}: IniEntry): unknown => {
  if (!isKeyName(key)) return new Wrong(unknownKey(key));
  const {place, parse, maybeEmpty, write}: Key = keys[key];
  if (isDefaultSection(section) && place === 'host') return new Wrong('belongs to one host: move it to its section');
  if (!isDefaultSection(section) && place === 'default') return new Wrong('is per cluster: move it to [default]');
  if (value === '' && maybeEmpty !== true) return new Wrong(`empty; write ${write}`);
  const parsed = parse(value);
  return parsed instanceof Wrong ? new Wrong(`${parsed.message}; write ${write}`) : parsed;
};

const unknownKey = (key: string): string => {
  if (/passw|secret/.test(key)) return 'unknown key; a secret never stands here: name its file with smtp_password_file';
  if (/token|routing|webhook_key/.test(key))
    return 'unknown key; a secret never stands here: name its file with report_webhook_key_file';
  const nearest = suggestKey(key);
  return nearest === undefined ? 'unknown key' : `unknown key; did you mean ${nearest}?`;
};

/** The value of an unknown key, or of one that names a secret's file, may be the secret itself. */
const shownValue = ({key, value}: IniEntry) => (isKeyName(key) && !isSecret(keys[key]) ? {value} : {});

const isSecret = (key: Key): boolean => key.isSecret === true;
