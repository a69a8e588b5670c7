import {readFile} from 'node:fs/promises';

/** What the agent takes from the `[client]` section of a MySQL option file. */
export interface ClientOptions {
  readonly user?: string;
  readonly password?: string;
  readonly sslCa?: string;
  readonly sslCert?: string;
  readonly sslKey?: string;
  /** The server's certificate must also name its host. */
  readonly verifiesIdentity: boolean;
}

/** Reads the file as MySQL's own clients do: `-` and `_` are one, values may be quoted, the last one wins. */
export const readOptionFile = async (path: string): Promise<ClientOptions> =>
  parseClientOptions(await readFile(path, 'utf8'));

export const parseClientOptions = (content: string): ClientOptions => {
  const options = clientSection(content);
  const {user, password} = options;
  const files = {sslCa: options['ssl-ca'], sslCert: options['ssl-cert'], sslKey: options['ssl-key']};
  const verifiesIdentity =
    options['ssl-mode']?.toUpperCase() === 'VERIFY_IDENTITY' ||
    ['', '1', 'on', 'true'].includes(options['ssl-verify-server-cert']?.toLowerCase() ?? 'off');
  return {...defined({user, password, ...files}), verifiesIdentity};
};

const clientSection = (content: string): Readonly<Record<string, string>> => {
  const options: Record<string, string> = {};
  let section = '';
  for (const line of content.split(/\r?\n/)) {
    const heading = /^\s*\[([^\]]*)\]/.exec(line)?.[1];
    if (heading !== undefined) section = heading.trim();
    const [, name, , value] = /^\s*([A-Za-z][\w-]*)\s*(=\s*(.*))?$/.exec(line) ?? [];
    if (section === 'client' && name !== undefined) options[name.replaceAll('_', '-')] = unquote(value ?? '');
  }
  return options;
};

/** Quotes protect a `#`; outside of them it begins a comment. Escapes work in both, as MySQL documents. */
const unquote = (raw: string): string => {
  const quoted = /^(["'])(.*?[^\\]|)\1\s*(#.*)?$/.exec(raw)?.[2];
  const value = quoted ?? raw.replace(/(^|\s)#.*$/, '').trimEnd();
  return value.replace(/\\([btnrs\\"'])/g, (_, letter: string) => escapes[letter] ?? letter);
};

const escapes: Readonly<Record<string, string>> = {b: '\b', t: '\t', n: '\n', r: '\r', s: ' '};

const defined = <T extends Record<string, string | undefined>>(values: T) =>
  Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: string;
  };
