import {readFileSync} from 'node:fs';
import {join} from 'node:path';
import {repository} from './namespaces.ts';

const {bin} = JSON.parse(readFileSync(join(repository, 'package.json'), 'utf8')) as {
  readonly bin: Readonly<Record<string, string>>;
};

/** The file that a command of this build is. It is started as npm's link to it would be: by itself, through its first line. */
export const commandFile = (name: string): string => {
  const file = bin[name];
  if (file === undefined) throw new Error(`package.json has no command ${name}`);
  return join(repository, file);
};
