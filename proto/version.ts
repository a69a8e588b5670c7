import {readFileSync} from 'node:fs';
import {dirname, join} from 'node:path';
import {fileURLToPath} from 'node:url';

/** The version in package.json, found from the source tree and from dist/ alike. */
const readVersion = (folder: string): string => {
  try {
    const {version} = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as {version: string};
    return version;
  } catch {
    return dirname(folder) === folder ? 'unknown' : readVersion(dirname(folder)); // one folder up, until the root
  }
};

export const packageVersion = readVersion(dirname(fileURLToPath(import.meta.url)));
