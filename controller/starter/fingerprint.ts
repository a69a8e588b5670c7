import {readdirSync, statSync} from 'node:fs';
import {join} from 'node:path';

/** Changes when one of the files, or a `*.conf` of the directory, is written, replaced, added or removed. */
export const fingerprintOf = (directory: string, files: readonly string[]): string => {
  const all = [...listConfigs(directory).map(name => join(directory, name)), ...files];
  return all.map(stampOf).join('\n');
};

const listConfigs = (directory: string): readonly string[] =>
  readdirSync(directory)
    .filter(name => name.endsWith('.conf'))
    .sort();

const stampOf = (file: string): string => {
  const stat = statSync(file, {bigint: true, throwIfNoEntry: false});
  return `${file} ${stat?.ino} ${stat?.size} ${stat?.mtimeNs} ${stat?.ctimeNs}`;
};
