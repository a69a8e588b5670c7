import {randomBytes} from 'node:crypto';
import {access, link, mkdir, open, rename, rm} from 'node:fs/promises';
import {dirname} from 'node:path';
import type {CertificateFiles} from './layout.ts';
import {PkiRefused} from './refused.ts';

export interface Pair {
  readonly certificatePem: string;
  readonly keyPem: string;
}

/**
 * Puts key and certificate in place, each complete or not at all, flushed to disk. Without `replace` an existing
 * file is never touched, not even when two commands race.
 */
export const writePair = async (files: CertificateFiles, pair: Pair, {replace}: {replace: boolean}): Promise<void> => {
  const dir = dirname(files.key);
  await mkdir(dir, {recursive: true, mode: 0o700});
  if (!replace) await refuseExisting(files);
  await writeFile(files.key, pair.keyPem, {mode: 0o600, replace});
  await writeFile(files.certificate, pair.certificatePem, {mode: 0o644, replace});
  await syncDirectory(dir);
};

/** Replaces one file, complete or not at all, flushed to disk. */
export const replaceFile = async (file: string, content: string, mode: number): Promise<void> => {
  await writeFile(file, content, {mode, replace: true});
  await syncDirectory(dirname(file));
};

/** Throws PkiRefused when one of the two files is there already. */
export const refuseExisting = async (files: CertificateFiles): Promise<void> => {
  for (const file of [files.certificate, files.key]) {
    if (await exists(file)) throw alreadyThere(file);
  }
};

const exists = async (file: string): Promise<boolean> => {
  try {
    await access(file);
    return true;
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return false;
    throw error;
  }
};

const writeFile = async (file: string, content: string, options: {mode: number; replace: boolean}): Promise<void> => {
  const temporary = `${file}.${randomBytes(6).toString('hex')}.tmp`;
  try {
    await writeFlushed(temporary, content, options.mode);
    await (options.replace ? rename(temporary, file) : linkNew(temporary, file));
  } finally {
    await rm(temporary, {force: true});
  }
};

const writeFlushed = async (file: string, content: string, mode: number): Promise<void> => {
  const handle = await open(file, 'wx', mode);
  try {
    await handle.chmod(mode);
    await handle.writeFile(content);
    await handle.sync();
  } finally {
    await handle.close();
  }
};

/** Unlike rename, link fails when the name is taken. */
const linkNew = async (temporary: string, file: string): Promise<void> => {
  try {
    await link(temporary, file);
  } catch (error) {
    throw codeOf(error) === 'EEXIST' ? alreadyThere(file) : error;
  }
};

const syncDirectory = async (dir: string): Promise<void> => {
  const handle = await open(dir, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
};

const alreadyThere = (file: string): PkiRefused =>
  new PkiRefused(`${file} exists already`, 'to replace it on purpose, give --force; the old certificate stays valid');

const codeOf = (error: unknown): unknown => (error instanceof Error && 'code' in error ? error.code : undefined);
