import {appendFile, mkdir, open, readdir, readFile} from 'node:fs/promises';
import {join} from 'node:path';
import type {Entry, FailoverHead} from './entry.ts';
import {fromStateDir} from './from-state-dir.ts';
import {parseEntry} from './parse-entry.ts';

/** The controller's durable account of one failover: JSON lines, one file each, every line flushed. */
export interface FailoverRecord {
  readonly head: FailoverHead;
  /** Everything written so far, oldest first, without the head. */
  readonly entries: readonly Entry[];
  readonly path: string;
  /** Lines that cannot be read. */
  readonly tornLines: number;
}

/** Begins a record. Throws when the state directory cannot be written. */
export const createRecord = async (stateDir: string, head: FailoverHead): Promise<FailoverRecord> => {
  const directory = join(stateDir, head.cluster);
  const record = {
    head,
    entries: [],
    tornLines: 0,
    path: join(directory, `${String(head.epoch).padStart(9, '0')}.jsonl`),
  };
  await fromStateDir(stateDir, async () => {
    await mkdir(directory, {recursive: true, mode: 0o750});
    await appendEntry(record.path, {type: 'failover', ...head});
  });
  return record;
};

/** Adds one line and flushes it. A line in an interrupted file begins anew, so that a torn one spoils only itself. */
export const appendEntry = (path: string, entry: Entry): Promise<void> => appendEntries(path, [entry]);

/** The same for several, with one flush. */
export const appendEntries = async (path: string, entries: readonly Entry[]): Promise<void> => {
  const file = await open(path, 'a', 0o640);
  try {
    await appendFile(file, entries.map(entry => `\n${JSON.stringify(entry)}\n`).join(''));
    await file.datasync();
  } finally {
    await file.close();
  }
};

/** Records of a cluster, newest first. A directory that does not exist yet holds none. */
export const listRecords = async (stateDir: string, cluster: string): Promise<string[]> => {
  const directory = join(stateDir, cluster);
  const names = await readdir(directory).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  const records = names.filter(name => /^\d+\.jsonl$/.test(name));
  return records.sort((a, b) => Number.parseInt(b, 10) - Number.parseInt(a, 10)).map(name => join(directory, name));
};

/** Reads a record; undefined when not even its head is whole. Torn lines are passed over. */
export const readRecord = async (path: string): Promise<FailoverRecord | undefined> => {
  const lines = (await readFile(path, 'utf8')).split('\n').filter(line => line !== '');
  const entries = lines.map(parseEntry).filter(entry => entry !== undefined);
  const [first, ...rest] = entries;
  if (first?.type !== 'failover') return undefined;
  const {type: _, ...head} = first;
  return {head, entries: rest, path, tornLines: lines.length - entries.length};
};

/** The newest record of a cluster, and the highest epoch any file name shows. */
export const readNewest = async (
  stateDir: string,
  cluster: string,
): Promise<{readonly record: FailoverRecord | undefined; readonly epoch: number}> => {
  const [newest] = await listRecords(stateDir, cluster);
  if (newest === undefined) return {record: undefined, epoch: 0};
  const record = await readRecord(newest);
  return {record, epoch: Number.parseInt(newest.split('/').at(-1) ?? '0', 10)};
};
