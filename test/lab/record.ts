import {mkdir, readdir, readFile, rename, rmdir, unlink, writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import {isAlive, type ProcessIdentity} from './process-identity.ts';
import type {HostName} from './topology.ts';

/** What another process must know to enter a lab or to clean it. One JSON file per lab; nothing else of a lab is on disk. */
export interface LabRecord {
  readonly name: string;
  readonly owner: ProcessIdentity;
  readonly bridge: ProcessIdentity;
  readonly hosts: Readonly<Record<HostName, ProcessIdentity>>;
}

export const stateDirectory = '/run/mha-helper-lab';

export const recordPath = (name: string): string => join(stateDirectory, `${name}.json`);

export const writeRecord = async (record: LabRecord): Promise<void> => {
  const path = recordPath(record.name);
  await mkdir(stateDirectory, {recursive: true, mode: 0o700});
  await writeFile(`${path}.new`, JSON.stringify(record));
  await rename(`${path}.new`, path);
};

export const readRecord = async (name: string): Promise<LabRecord | undefined> => {
  try {
    return JSON.parse(await readFile(recordPath(name), 'utf8'));
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
};

export const forgetRecord = async (name: string): Promise<void> => {
  await unlink(recordPath(name)).catch(ignoreMissing);
  // Other labs may live here; the last one takes the directory along.
  await rmdir(stateDirectory).catch(() => undefined);
};

export const listRecords = async (): Promise<readonly LabRecord[]> => {
  const files = await readdir(stateDirectory).catch((): string[] => []);
  const names = files.filter(file => file.endsWith('.json')).map(file => file.slice(0, -'.json'.length));
  const records = await Promise.all(names.map(readRecord));
  return records.filter(record => record !== undefined);
};

/** Labs whose owner is dead: normally only the record is left, for the kernel cleans up behind a dead owner. */
export const sweepStaleLabs = async (): Promise<readonly string[]> => {
  const stale = (await listRecords()).filter(record => !isAlive(record.owner));
  for (const record of stale) {
    for (const holder of [...Object.values(record.hosts), record.bridge]) {
      if (isAlive(holder)) process.kill(holder.pid, 'SIGKILL');
    }
    await forgetRecord(record.name);
  }
  return stale.map(record => record.name);
};

const isMissing = (error: unknown): boolean => (error as NodeJS.ErrnoException).code === 'ENOENT';

const ignoreMissing = (error: unknown): void => {
  if (!isMissing(error)) throw error;
};
