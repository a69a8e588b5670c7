import {readdir, readFile} from 'node:fs/promises';
import type {Lab} from '../lab/lab.ts';
import {poll} from '../lab/poll.ts';
import type {HostName} from '../lab/topology.ts';

export interface Found {
  /** As the host numbers it. */
  readonly pid: string;
  readonly isStopped: boolean;
}

/** Processes of a host whose command line holds this text, read from outside. */
export const findProcesses = async (
  lab: Pick<Lab, 'pathOf'>,
  host: HostName,
  part: string,
): Promise<readonly Found[]> => {
  const proc = lab.pathOf(host, '/proc');
  const pids = (await readdir(proc)).filter(name => /^\d+$/.test(name));
  const found = await Promise.all(pids.map(pid => look(proc, pid, part)));
  return found.filter(one => one !== undefined);
};

/** The hook that has come to a fault point where it stops itself. */
export const stoppedHook = (lab: Pick<Lab, 'pathOf'>): Promise<string> =>
  poll(
    'a hook that stops itself',
    async () => {
      // as an argument of its own: a starter has been told the name of its hook
      const found = await findProcesses(lab, 'mgr', 'failover_helper.cjs\0');
      return found.find(({isStopped}) => isStopped)?.pid;
    },
    {timeoutMs: 30_000},
  );

const look = async (proc: string, pid: string, part: string): Promise<Found | undefined> => {
  try {
    const command = await readFile(`${proc}/${pid}/cmdline`, 'utf8');
    if (!command.includes(part) || command.startsWith('nsenter')) return undefined;
    const stat = await readFile(`${proc}/${pid}/stat`, 'latin1');
    const state = stat.slice(stat.lastIndexOf(')') + 2)[0];
    return state === 'Z' ? undefined : {pid, isStopped: state === 'T'};
  } catch {
    return undefined; // it ended while we looked
  }
};
