import {readFile, stat} from 'node:fs/promises';

/** The password in a file that only its owner can read. Nothing of its content appears in an error. */
export const readPassword = async (file: string): Promise<string> => {
  const {mode} = await stat(file);
  if ((mode & 0o077) !== 0) throw new Error(`${file} can be read by others; chmod 0600 ${file}`);
  const password = (await readFile(file, 'utf8')).replace(/\r?\n$/, '');
  if (password === '') throw new Error(`${file} is empty; it must hold the password`);
  return password;
};
