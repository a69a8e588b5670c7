import {constants} from 'node:fs';
import {access} from 'node:fs/promises';
import {join} from 'node:path';

/** The first of these directories that has the program, with it; undefined: none has. */
export const findProgram = async (name: string, directories: readonly string[]): Promise<string | undefined> => {
  for (const directory of directories) {
    const path = join(directory, name);
    // Not there, or not ours to execute: the next directory may have it.
    const isExecutable = await access(path, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (isExecutable) return path;
  }
  return undefined;
};
