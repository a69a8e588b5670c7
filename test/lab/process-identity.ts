import {readFileSync} from 'node:fs';

/** A process for good: a pid alone may be given to another one. */
export interface ProcessIdentity {
  readonly pid: number;
  /** Clock ticks since boot, from /proc/PID/stat. */
  readonly startTime: string;
}

export const identify = (pid: number): ProcessIdentity => {
  const startTime = readStartTime(pid);
  if (startTime === undefined) throw new Error(`process ${pid} is gone`);
  return {pid, startTime};
};

export const isAlive = ({pid, startTime}: ProcessIdentity): boolean => readStartTime(pid) === startTime;

/** Undefined when there is no such process, or only its zombie. */
const readStartTime = (pid: number): string | undefined => {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    // The second field is the command in parentheses and may hold blanks and parentheses.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' ? undefined : fields[19];
  } catch {
    return undefined;
  }
};
