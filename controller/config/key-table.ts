import {type Key, keys, type Place} from './keys.ts';

/** The README's table of keys, as Markdown. A test holds the README to it. */
export const keyTable = (): string =>
  [
    '| key | where | value | default | what it does |',
    '|---|---|---|---|---|',
    ...Object.entries<Key>(keys).map(([name, key]) => `| ${[code(name), ...cells(key)].join(' | ')} |`),
  ].join('\n');

const cells = ({place, write, unit, otherwise, default: text, doc}: Key): readonly string[] => [
  places[place],
  unit === undefined ? write : `${units[unit]}, ${write}`,
  otherwise ?? (text === '' || text === undefined ? 'empty' : code(text)),
  doc,
];

const places: Readonly<Record<Place, string>> = {
  any: '[default] or host',
  default: '[default]',
  vip: '[default]',
  host: 'host',
};

const units = {s: 'seconds', ms: 'milliseconds'} as const;

const code = (text: string): string => `\`${text}\``;
