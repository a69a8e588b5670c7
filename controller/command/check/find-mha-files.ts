import {readdir, readFile} from 'node:fs/promises';
import {dirname, join, resolve} from 'node:path';
import {type MhaConfig, parseMhaConfig} from './mha-config.ts';

export interface MhaFiles {
  readonly configs: readonly MhaConfig[];
  readonly unreadable: readonly {readonly file: string; readonly reason: string}[];
  /** Where was looked, for people. */
  readonly lookedIn: string;
}

/** Where MHA itself looks, whatever our own directory is. */
const etc = '/etc';

/**
 * The files given, else every *.cnf and *.conf of MHA's usual directory: /etc/mha, and mha beside our own directory;
 * over the global defaults in /etc/masterha_default.cnf.
 */
export const findMhaFiles = async (
  given: readonly string[] | undefined,
  configDirectory: string,
): Promise<MhaFiles> => {
  const usual = [...new Set([dirname(resolve(configDirectory)), etc])].map(directory => join(directory, 'mha'));
  const files = given ?? (await Promise.all(usual.map(listFiles))).flat();
  const globalText = await readFile(join(etc, 'masterha_default.cnf'), 'utf8').catch(() => undefined);
  const configs: MhaConfig[] = [];
  const unreadable: {file: string; reason: string}[] = [];
  for (const file of files) {
    try {
      configs.push(parseMhaConfig(file, await readFile(file, 'utf8'), globalText));
    } catch (error) {
      unreadable.push({file, reason: (error as Error).message});
    }
  }
  return {configs, unreadable, lookedIn: (given ?? usual).join(', ')};
};

/** A directory that is not there holds none. */
const listFiles = async (directory: string): Promise<readonly string[]> => {
  const names = await readdir(directory).catch(() => []);
  return names
    .filter(name => /\.(?:cnf|conf)$/.test(name))
    .sort()
    .map(name => join(directory, name));
};
