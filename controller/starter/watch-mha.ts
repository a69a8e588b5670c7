import {readFileSync, statSync} from 'node:fs';
import type {ProcessIdentity} from '../record/entry.ts';
import {readStat} from '../record/process-stat.ts';
import {withoutPasswords} from './conversation.ts';

/** A hook that MHA has started. Its program need not be loaded yet: the kernel knows its command line before. */
export interface SeenHook extends ProcessIdentity {
  /** Its arguments, as MHA gave them, without passwords. */
  readonly argv: readonly string[];
}

export interface Watcher {
  /** MHA has started a process. */
  readonly onProcess: () => void;
  /** It runs the hook, or something between them does. */
  readonly onHook: (hook: SeenHook) => void;
}

/** A fraction of what a hook takes to load, and a look takes some 20 microseconds. */
const lookMs = 3;
/** Between MHA and a hook there may be a shell, and a script around the hook. */
const maxDepth = 3;

/**
 * Hears once of each process that MHA starts from now on, and of each hook, as long as ours lives. A kernel that does not tell
 * shows none.
 * @param command what stands before a hook's arguments: interpreter, its options, the hook's file
 */
export const watchMha = (mha: number, command: readonly string[], watcher: Watcher): void => {
  const beginning = `${command.join('\0')}\0`;
  const known = new Set<string>();
  const find = (processes: readonly string[], depth: number): readonly SeenHook[] =>
    processes.flatMap(child => {
      if (known.has(child)) return [];
      const commandLine = readProc(child, 'cmdline');
      if (!commandLine.startsWith(beginning)) return depth < maxDepth ? find(childrenOf(child), depth + 1) : [];
      known.add(child);
      const argv = withoutPasswords(commandLine.slice(beginning.length).split('\0').slice(0, -1));
      const stat = readStat(child);
      return stat === undefined || !isLikeUs(child) ? [] : [{pid: stat.pid, startTime: stat.startTime, argv}];
    });
  let children = childrenOf(String(mha));
  const look = (): void => {
    const before = children;
    children = childrenOf(String(mha));
    if (children.some(child => !before.includes(child))) watcher.onProcess();
    find(children, 1).forEach(watcher.onHook);
  };
  find(children, 1); // those are at work already
  setInterval(look, lookMs).unref();
};

/** It has our account and reads the configuration that we read. */
const isLikeUs = (pid: string): boolean => {
  const isOurs = statSync(`/proc/${pid}`, {throwIfNoEntry: false})?.uid === process.geteuid?.();
  return isOurs && configOf(pid) === configOf('self');
};

const configOf = (pid: string): string | undefined =>
  readProc(pid, 'environ')
    .split('\0')
    .find(variable => variable.startsWith('MHA_HELPER_CONFIG_DIR='));

const childrenOf = (pid: string): readonly string[] =>
  readProc(pid, `task/${pid}/children`)
    .split(' ')
    .filter(child => child !== '');

/** Empty: the process is gone, or the kernel has no such file. */
const readProc = (pid: string, file: string): string => {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch {
    return '';
  }
};
