import {readFileSync} from 'node:fs';

/** A process, named so that no later one is taken for it: not another with its pid, and not one after a reboot. */
export interface ProcessOnBoot {
  readonly pid: number;
  /** Clock ticks since boot. */
  readonly startTime: string;
  readonly bootId: string;
}

/** Throws when there is no such process, or only what is left of it until its parent asks. */
export const identify = async (pid: number): Promise<ProcessOnBoot> => {
  // the kernel answers these at once, and a thread that reads them takes longer to be woken
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const bootId = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8');
  // the command's name is in parentheses and may hold blanks; start time is field 22
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  if (fields[0] === 'Z') throw new Error(`process ${pid} has ended`);
  return {pid, startTime: fields[19] ?? '', bootId: bootId.trim()};
};

export const isAlive = async ({pid, startTime, bootId}: ProcessOnBoot): Promise<boolean> => {
  const now = await identify(pid).catch(() => undefined); // no such process
  return now?.startTime === startTime && now.bootId === bootId;
};
