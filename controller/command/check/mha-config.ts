/** MHA's application file, as far as it concerns us. */
export interface MhaConfig {
  readonly file: string;
  /** [server default], with the site's global defaults underneath. */
  readonly defaults: ReadonlyMap<string, string>;
  readonly servers: readonly MhaServer[];
  /** All sections, those of hosts that MHA has been told to forget among them. */
  readonly sections: readonly string[];
}

export interface MhaServer {
  /** `server1`. */
  readonly section: string;
  readonly host: string;
  readonly ip: string | undefined;
  readonly port: number;
  /** MHA never makes it master. */
  readonly noMaster: boolean;
  /** MHA makes it master before others. */
  readonly isCandidate: boolean;
}

/**
 * Reads it as MHA does (Config::Tiny): sections in brackets, `key = value`, comments in lines of their own or after
 * ` ;`, no quotes. What does not fit is MHA's to complain about.
 */
export const parseMhaConfig = (file: string, text: string, globalText: string | undefined): MhaConfig => {
  const sections = readSections(text);
  const globals = globalText === undefined ? undefined : readSections(globalText).get('server default');
  const defaults = new Map([...(globals ?? []), ...(sections.get('server default') ?? [])]);
  const servers = [...sections]
    .filter(([section]) => /^server\S+/.test(section))
    .flatMap(([section, own]) => readServer(section, new Map([...defaults, ...own])));
  return {file, defaults, servers, sections: [...sections.keys()]};
};

const readServer = (section: string, values: ReadonlyMap<string, string>): MhaServer[] => {
  const host = values.get('hostname');
  if (host === undefined) return [];
  const port = Number(values.get('port') ?? 3306);
  const is = (key: string): boolean => values.get(key) === '1';
  return [{section, host, ip: values.get('ip'), port, noMaster: is('no_master'), isCandidate: is('candidate_master')}];
};

const readSections = (text: string): ReadonlyMap<string, ReadonlyMap<string, string>> => {
  const sections = new Map<string, Map<string, string>>();
  let current = new Map<string, string>();
  for (const written of text.split(/\r?\n/)) {
    const line = written.replace(/\s;\s.+$/, '');
    if (/^\s*(?:[#;]|$)/.test(line)) continue;
    const name = /^\s*\[\s*(.+?)\s*\]\s*$/.exec(line)?.[1];
    const [, key, value] = /^\s*([^=]+?)\s*=\s*(.*?)\s*$/.exec(line) ?? [];
    if (name !== undefined) {
      current = sections.get(name) ?? new Map();
      sections.set(name, current);
    } else if (key !== undefined && value !== undefined) current.set(key, value);
  }
  return sections;
};
