import {canonicalAddress, canonicalCidr, canonicalHostName} from './address.ts';

/** What is wrong with a value; the key's table entry says what to write instead. */
export class Wrong {
  readonly message: string;
  constructor(message: string) {
    this.message = message;
  }
}

/** Text of the ini file to typed value. The text is trimmed; it is empty only where `maybeEmpty` lets it through. */
export type Parse<T> = (text: string) => T | Wrong;

const orWrong = <T>(value: T | undefined, message: string): T | Wrong => value ?? new Wrong(message);

const booleans: Readonly<Record<string, boolean>> = {
  yes: true,
  on: true,
  true: true,
  1: true,
  no: false,
  off: false,
  false: false,
  0: false,
};

export const parseYesNo: Parse<boolean> = text =>
  orWrong(booleans[text.toLowerCase()], `'${text}' is neither yes nor no`);

export const parseNumber =
  ({least = 0, most, times = 1}: {least?: number; most: number; times?: number}): Parse<number> =>
  text => {
    const number = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
    if (Number.isNaN(number)) return new Wrong(`'${text}' is not a whole number without sign and unit`);
    return number >= least && number <= most ? number * times : new Wrong(`'${text}' is not in ${least} to ${most}`);
  };

/** Seconds in the file, milliseconds everywhere else. More than a day is a slip of the pen. */
export const parseSeconds = (least = 0): Parse<number> => parseNumber({least, most: 86_400, times: 1000});

export const parsePort = parseNumber({least: 1, most: 65_535});

export const parseOneOf =
  <const W extends string>(...words: readonly W[]): Parse<W> =>
  text =>
    orWrong(
      words.find(word => word === text.toLowerCase()),
      `'${text}' is not one of ${words.join(', ')}`,
    );

export const parseVipType = parseOneOf('none', 'metal', 'aws', 'openstack');

/** A text of which EC2 or another API is the judge; only its form is looked at here. */
export const parsePattern =
  (pattern: RegExp, what: string): Parse<string> =>
  text =>
    pattern.test(text) ? text : new Wrong(`'${text}' is not ${what}`);

export const parsePatterns =
  (pattern: RegExp, what: string): Parse<readonly string[]> =>
  text => {
    const items = splitList(text);
    const wrong = items.find(item => !pattern.test(item));
    return wrong === undefined ? items : new Wrong(`'${wrong}' is not ${what}`);
  };

/** `Name=db10`. Tags may hold blanks and equals signs; the first one divides. */
export const parseTag: Parse<{readonly key: string; readonly value: string}> = text => {
  const [, key, value] = /^\s*([^=]+?)\s*=\s*(.+?)\s*$/.exec(text) ?? [];
  return key === undefined || value === undefined ? new Wrong(`'${text}' is not key=value`) : {key, value};
};

export const parseUrl: Parse<string> = text =>
  /^https?:$/.test(URL.canParse(text) ? new URL(text).protocol : '') ? text : new Wrong(`'${text}' is not an http URL`);

export const splitList = (text: string): readonly string[] => text.split(/[\s,]+/).filter(item => item !== '');

export const parseCidrs: Parse<readonly string[]> = text => {
  const parsed = splitList(text).map(canonicalCidr);
  const wrong = parsed.find(item => 'wrong' in item);
  if (wrong !== undefined) return new Wrong(wrong.wrong);
  const cidrs = parsed.flatMap(item => ('cidr' in item ? [item.cidr] : []));
  const twice = cidrs.find((cidr, index) => cidrs.findIndex(other => bare(other) === bare(cidr)) < index);
  return twice === undefined ? cidrs : new Wrong(`${bare(twice)} stands there twice`);
};

const bare = (cidr: string) => cidr.split('/')[0];

/** The kernel's own rule for device names: up to 15 bytes, no blank, no slash; a colon would be an old-style label. */
export const parseInterface: Parse<string> = text => {
  if (Buffer.byteLength(text) > 15) return new Wrong(`'${text}' is longer than the 15 characters Linux allows`);
  return /^[^\s/:]+$/.test(text) && text !== '.' && text !== '..' ? text : new Wrong(`'${text}' is not an interface`);
};

const emailAddress = /^[^\s@<>,;:"()[\]\\]+@[^\s@<>,;:"()[\]\\.-][^\s@<>,;:"()[\]\\]*$/;

/** Loose on purpose: which domains exist changes faster than this program. What could become a mail header is refused. */
export const parseRecipients: Parse<readonly string[]> = text => {
  const recipients = splitList(text);
  const wrong = recipients.find(address => !emailAddress.test(address));
  return wrong === undefined ? recipients : new Wrong(`'${wrong}' is not an e-mail address`);
};

/** `host`, `host:port`, `[v6]:port` or a bare IPv6 address. Never resolved: dead DNS must not fail a hook. */
export const parseSmtpHost: Parse<{readonly host: string; readonly port: number}> = text => {
  const address = canonicalAddress(text);
  if (address !== undefined) return {host: address, port: 25};
  const [, bracketed, plain, portText = '25'] = /^(?:\[([^\]]+)\]|([^:[\]]+))(?::(.*))?$/.exec(text) ?? [];
  const host = bracketed === undefined ? plain : canonicalAddress(bracketed);
  if (host === undefined || canonicalHostName(host) === undefined) return new Wrong(`'${text}' is not a host`);
  const port = parsePort(portText);
  return port instanceof Wrong ? new Wrong(`'${portText}' is not a port`) : {host, port};
};

export const parseHost: Parse<string> = text =>
  canonicalHostName(text) === undefined ? new Wrong(`'${text}' is not a host`) : text;

export const parseAddress: Parse<string> = text => orWrong(canonicalAddress(text), `'${text}' is not an IP address`);

/** Without a Unicode class in an expression, whose compilation a hook would pay for. */
const hasControl = (text: string): boolean => [...text].some(letter => letter < ' ' || letter === '\x7f');

export const parsePath: Parse<string> = text =>
  text.startsWith('/') && !hasControl(text) ? text : new Wrong(`'${text}' is not an absolute path`);

/** Like a path, but people put the secret itself there: never repeat what was written. */
export const parseSecretPath: Parse<string> = text =>
  parsePath(text) instanceof Wrong ? new Wrong('not an absolute path') : text;

export const parseText: Parse<string> = text => (hasControl(text) ? new Wrong('contains control characters') : text);

export const parseNames: Parse<readonly string[]> = text => splitList(text);
