import {readFileSync} from 'node:fs';
import {hostname} from 'node:os';

/** This host's name with its domain, for the sender's address. From files alone: dead DNS must not delay a report. */
export const findFqdn = (
  {name, hostsFile, resolverFile}: {name: string; hostsFile: string; resolverFile: string} = {
    name: hostname(),
    hostsFile: '/etc/hosts',
    resolverFile: '/etc/resolv.conf',
  },
): string => {
  if (name.includes('.')) return name;
  const aliases = linesOf(hostsFile).find(words => words.slice(1).includes(name)) ?? [];
  const qualified = aliases.slice(1).find(alias => alias.startsWith(`${name}.`));
  const domain = linesOf(resolverFile).find(([word]) => word === 'domain' || word === 'search')?.[1];
  return qualified ?? (domain === undefined || domain === '.' ? name : `${name}.${domain}`);
};

const linesOf = (file: string): readonly (readonly string[])[] => {
  try {
    return readFileSync(file, 'utf8')
      .split('\n')
      .map(line =>
        line
          .replace(/[#;].*/, '')
          .trim()
          .split(/\s+/),
      );
  } catch {
    return []; // Neither file must exist; the short name does as well.
  }
};
