import {parse} from 'ini';

export interface IniEntry {
  readonly key: string;
  readonly value: string;
  readonly line: number;
}

export interface IniSection {
  readonly name: string;
  readonly line: number;
  readonly entries: readonly IniEntry[];
}

export interface IniProblem {
  readonly line: number;
  readonly section: string | undefined;
  readonly message: string;
}

/**
 * Sections and entries of an ini text, with their lines. The `ini` package reads each entry by itself: handed whole
 * files it cuts section names at their dots (`[db10.example.com]`) and lets the last of two equal keys win. Keys are
 * lower-cased and `key: value` is accepted, as the predecessor's parser did.
 */
export const readIni = (text: string): {sections: readonly IniSection[]; problems: readonly IniProblem[]} => {
  const sections: {name: string; line: number; entries: IniEntry[]}[] = [];
  const problems: IniProblem[] = [];
  for (const [index, written] of text
    .replace(/^\uFEFF/, '')
    .split(/\r?\n/)
    .entries()) {
    const line = index + 1;
    const name = sectionName(written);
    const section = sections.at(-1);
    if (name !== undefined) sections.push({name, line, entries: []});
    else if (isEmpty(written)) continue;
    else if (section === undefined) problems.push({line, section, message: 'stands before the first [section]'});
    else {
      const entry = readEntry(written);
      if (entry !== undefined) section.entries.push({...entry, line});
      else problems.push({line, section: section.name, message: 'not understood; write: key = value, on one line'});
    }
  }
  return {sections, problems};
};

/** `[name]`, with a comment after it if need be. IPv6 brackets may stand inside: `[[2001:db8::5]:3307]`. */
const sectionName = (line: string): string | undefined => /^\s*\[(.*?)\]\s*(?:[;#].*)?$/.exec(line)?.[1]?.trim();

const isEmpty = (line: string) => /^\s*(?:[;#]|$)/.test(line);

const readEntry = (line: string): {key: string; value: string} | undefined => {
  const assignment = line.replace(/^(\s*\w+)\s*:/, '$1 =');
  const [entry] = Object.entries(parse(assignment, {bracketedArray: false}));
  // `ini` turns true, false, null and quoted numbers into what they look like; a key's own parser decides that here.
  return entry === undefined || !assignment.includes('=')
    ? undefined
    : {key: entry[0].toLowerCase(), value: String(entry[1])};
};
