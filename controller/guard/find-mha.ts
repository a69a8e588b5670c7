import {readFile} from 'node:fs/promises';
import {basename} from 'node:path';
import type {ProcessIdentity} from '../record/entry.ts';

/**
 * The process that drives the switch: the hook's parent, or its grandparent where MHA ran the hook through `sh -c`,
 * which Perl's system() does whenever the command line holds shell characters. Throws when it is gone already.
 */
export const findMha = async (parent: number): Promise<ProcessIdentity> => {
  const {name, ppid, startTime} = await readStat(parent);
  const isShell = ['sh', 'bash', 'dash'].includes(name) && (await readArguments(parent))[1] === '-c';
  return isShell && ppid > 1 ? findMha(ppid) : {pid: parent, startTime};
};

/** Throws when there is no such process. */
export const identifyProcess = async (pid: number): Promise<ProcessIdentity> => ({
  pid,
  startTime: (await readStat(pid)).startTime,
});

export const isRunning = async ({pid, startTime}: ProcessIdentity): Promise<boolean> => {
  const stat = await readStat(pid).catch(() => undefined); // no such process
  return stat !== undefined && stat.startTime === startTime && stat.state !== 'Z';
};

const readStat = async (pid: number): Promise<{name: string; state: string; ppid: number; startTime: string}> => {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
  // the name is in parentheses and may hold blanks and parentheses; fields are counted from behind it
  const end = stat.lastIndexOf(')');
  const [state = '', ppid = '', ...rest] = stat.slice(end + 2).split(' ');
  return {name: stat.slice(stat.indexOf('(') + 1, end), state, ppid: Number(ppid), startTime: rest[17] ?? ''};
};

const readArguments = async (pid: number): Promise<string[]> => {
  const [program = '', ...rest] = (await readFile(`/proc/${pid}/cmdline`, 'utf8')).split('\0');
  return [basename(program), ...rest];
};
