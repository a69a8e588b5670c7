import {readFileSync} from 'node:fs';
import {basename} from 'node:path';
import type {ProcessIdentity} from '../record/entry.ts';
import {readStat} from '../record/process-stat.ts';

/**
 * The process that drives the switch: the hook's parent, or its grandparent where MHA ran the hook through `sh -c`,
 * which Perl's system() does whenever the command line holds shell characters. Throws when it is gone already.
 */
export const findMha = (parent: number): ProcessIdentity => {
  const stat = readStat(parent);
  if (stat === undefined) throw new Error(`process ${parent}, which ran this hook, has ended`);
  const {name, ppid, startTime} = stat;
  const isShell = ['sh', 'bash', 'dash'].includes(name) && readArguments(parent)[1] === '-c';
  return isShell && ppid > 1 ? findMha(ppid) : {pid: parent, startTime};
};

const readArguments = (pid: number): string[] => {
  const [program = '', ...rest] = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
  return [basename(program), ...rest];
};
