import {type StdioOptions, spawn} from 'node:child_process';
import {open} from 'node:fs/promises';
import {dirname, join} from 'node:path';
import type {Readable} from 'node:stream';
import {setTimeout} from 'node:timers/promises';
import type {StartedGuard} from '../failover/steps/start-guard.ts';
import {fromStateDir} from '../record/from-state-dir.ts';
import {identifyProcess} from '../record/process-stat.ts';
import {findMha} from './find-mha.ts';
import {readyFd} from './ready.ts';

/** What the guard's start may take on a busy machine. One that lives is waited for no longer: it will watch. */
const readyMs = 1000;

/**
 * Starts the guard as a process of its own session: it survives the hook, MHA, and the terminal. What it says goes to
 * guard.log beside the failover records. Resolves when it watches, or lives but has not said so for a
 * second; throws when it ends before that.
 */
export const spawnGuard = async (input: {
  readonly program: readonly string[];
  readonly parent: number;
  readonly configDirectory: string;
  readonly cluster: string;
  readonly recordPath: string;
}): Promise<StartedGuard> => {
  const mha = findMha(input.parent);
  const [file = '', ...first] = input.program;
  const args = [...first, input.configDirectory, input.cluster, input.recordPath, String(mha.pid), mha.startTime];
  const logFile = join(dirname(input.recordPath), 'guard.log');
  const log = await fromStateDir(logFile, () => open(logFile, 'a', 0o640));
  const child = spawn(file, args, {detached: true, stdio: ['ignore', log.fd, log.fd, 'pipe'], cwd: '/'});
  const pid = await new Promise<number>((resolve, reject) => {
    child.once('error', reject);
    child.once('spawn', () => resolve(child.pid ?? 0));
  });
  child.unref();
  log.close().catch(() => {}); // the guard has it now
  const identity = identifyProcess(pid);
  const isWatching = await untilReady(child.stdio[readyFd] as Readable);
  return {...identity, mha, isWatching};
};

/** Starts a guard that goes on where this one ends. Nobody waits for its word: what it writes there goes nowhere. */
export const spawnSuccessor = (argv: readonly string[]): void => {
  const stdio: StdioOptions = ['ignore', 'inherit', 'inherit', 'ignore'];
  spawn(process.execPath, argv, {detached: true, stdio, cwd: '/'});
};

/** Its first byte says that the guard watches; an end without one, that it does not. False: it has said nothing yet. */
const untilReady = async (pipe: Readable): Promise<boolean> => {
  const ended = new Error('the guard ended before it watched; see guard.log beside the failover records');
  const first = new Promise<boolean>((resolve, reject) => {
    pipe.once('data', () => resolve(true));
    pipe.once('error', reject);
    pipe.once('end', () => reject(ended));
  });
  try {
    return await Promise.race([first, setTimeout(readyMs, false, {ref: false})]);
  } finally {
    pipe.destroy();
  }
};
