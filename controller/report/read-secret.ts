import {readFile, stat} from 'node:fs/promises';

/** One line in a file that only its owner can read. Nothing of its content appears in an error. */
export const readSecret = async (file: string, what: string): Promise<string> => {
  const {mode} = await stat(file);
  if ((mode & 0o077) !== 0) throw new Error(`${file} can be read by others; chmod 0600 ${file}`);
  const secret = (await readFile(file, 'utf8')).replace(/\r?\n$/, '');
  if (secret === '') throw new Error(`${file} is empty; it must hold ${what}`);
  return secret;
};
