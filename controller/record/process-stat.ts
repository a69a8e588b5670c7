import {readFileSync} from 'node:fs';
import type {ProcessIdentity} from './entry.ts';

// Small programs load this, so nothing but Node's own file functions is loaded for it. And the kernel answers these at once: a
// thread that reads them takes longer to be woken.

export interface ProcessStat extends ProcessIdentity {
  readonly name: string;
  readonly ppid: number;
}

/** Undefined: there is no such process, or only what is left of it until its parent asks, which does nothing any more. */
export const readStat = (pid: number | string): ProcessStat | undefined => {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8'); // of all encodings Node reads this one fastest
    // the name is in parentheses and may hold blanks and parentheses; fields are counted from behind it
    const end = stat.lastIndexOf(')');
    const [state, ppid, ...rest] = stat.slice(end + 2).split(' ');
    if (state === 'Z') return undefined;
    const name = stat.slice(stat.indexOf('(') + 1, end);
    return {pid: Number(pid), name, ppid: Number(ppid), startTime: rest[17] ?? ''};
  } catch {
    return undefined;
  }
};

/** Throws when there is no such process. */
export const identifyProcess = (pid: number): ProcessIdentity => {
  const stat = readStat(pid);
  if (stat === undefined) throw new Error(`process ${pid} has ended`);
  return {pid, startTime: stat.startTime};
};

/** Not a later process with the same number. */
export const isRunning = ({pid, startTime}: ProcessIdentity): boolean => readStat(pid)?.startTime === startTime;

/** How long the end of a killed process may take. */
const deathMs = 1000;

/** Kills it, whatever it is doing, and waits until it is gone. False: it is not. */
export const endProcess = async (victim: ProcessIdentity): Promise<boolean> => {
  try {
    if (isRunning(victim)) process.kill(victim.pid, 'SIGKILL');
  } catch {
    return !isRunning(victim); // it ended by itself, or is another account's
  }
  for (const until = performance.now() + deathMs; isRunning(victim) && performance.now() < until; )
    await new Promise(resolve => setTimeout(resolve, 2));
  return !isRunning(victim);
};
