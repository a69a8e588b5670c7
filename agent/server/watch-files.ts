import {type FSWatcher, watch} from 'node:fs';
import {basename, dirname} from 'node:path';
import type {Log} from '../log.ts';

export interface Watching {
  readonly files: readonly string[];
  /** How long the files must be quiet before `changed` is called. */
  readonly settleMs: number;
  /** `changed` is called this often in any case: watches get lost, directories get replaced. */
  readonly recheckMs: number;
  readonly log: Log;
  changed(): void;
}

/** Calls `changed` after one of the files was written or replaced; the result stops it. An idle process stays asleep. */
export const watchFiles = ({files, settleMs, recheckMs, log, changed}: Watching): (() => void) => {
  let settling: NodeJS.Timeout | undefined;
  const touched = (): void => {
    clearTimeout(settling);
    settling = setTimeout(changed, settleMs).unref();
  };
  const watchers = [...byDirectory(files)].flatMap(([dir, names]) => watchDirectory({dir, names, log, touched}));
  const recheck = setInterval(changed, recheckMs).unref();
  return () => {
    clearTimeout(settling);
    clearInterval(recheck);
    for (const watcher of watchers) watcher.close();
  };
};

const byDirectory = (files: readonly string[]): ReadonlyMap<string, ReadonlySet<string>> => {
  const names = new Map<string, Set<string>>();
  for (const file of files) names.set(dirname(file), (names.get(dirname(file)) ?? new Set()).add(basename(file)));
  return names;
};

interface WatchedDirectory {
  readonly dir: string;
  readonly names: ReadonlySet<string>;
  readonly log: Log;
  touched(): void;
}

/** The directory and not the file: files are replaced by renaming, which a watch on the file itself would lose. */
const watchDirectory = ({dir, names, log, touched}: WatchedDirectory): readonly FSWatcher[] => {
  const lost = (error: unknown): void =>
    log.warn('cannot watch for new files; they are read again every hour', {dir, error});
  try {
    const watcher = watch(dir, {persistent: false}, (_event, name) => {
      if (name === null || names.has(name)) touched();
    });
    return [watcher.on('error', lost)];
  } catch (error) {
    lost(error);
    return [];
  }
};
