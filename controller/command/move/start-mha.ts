import {spawn} from 'node:child_process';
import {mkdir, open, readdir, readFile, unlink} from 'node:fs/promises';
import {constants} from 'node:os';
import {join} from 'node:path';
import {setTimeout} from 'node:timers/promises';
import {findProgram} from '../switch/find-program.ts';
import {MhaMissing} from '../switch/run-master-switch.ts';

/** MHA at work, in a session of its own: neither our terminal's Ctrl-C nor our end reaches it. */
export interface RunningMha {
  readonly pid: number;
  /** All that MHA and our hooks say. */
  readonly logPath: string;
  /** Its exit code, or 128 and the signal. */
  readonly ended: Promise<number>;
  readonly hasEnded: () => boolean;
}

export interface MhaStart {
  readonly args: readonly string[];
  /** Directory of the log. */
  readonly directory: string;
  readonly programDirectories: readonly string[] | undefined;
}

const keptLogs = 10;

export const startMha = async ({args, directory, programDirectories}: MhaStart): Promise<RunningMha> => {
  const directories = programDirectories ?? ['/usr/bin', '/usr/local/bin'];
  const program = await findProgram('masterha_master_switch', directories);
  if (program === undefined) throw new MhaMissing('masterha_master_switch', directories);
  await mkdir(directory, {recursive: true, mode: 0o750});
  await removeOldLogs(directory);
  const logPath = join(directory, `mha-${Date.now()}.log`);
  const log = await open(logPath, 'ax', 0o600);
  // A file, not a pipe: a pipe that breaks with us would kill MHA in the middle.
  const child = spawn(program, args, {stdio: ['ignore', log.fd, log.fd], detached: true, cwd: '/'});
  let isOver = false;
  const ended = new Promise<number>((resolve, reject) => {
    child.once('error', cause => reject(new Error(`could not run ${program}: ${cause.message}`, {cause})));
    child.once('exit', (code, signal) => {
      isOver = true;
      resolve(code ?? 128 + constants.signals[signal ?? 'SIGKILL']);
    });
  });
  ended.catch(() => undefined); // asked for later
  await log.close();
  const {pid} = child;
  if (pid === undefined) throw new Error(`could not run ${program}: exit code ${await ended}`);
  return {pid, logPath, ended, hasEnded: () => isOver};
};

const removeOldLogs = async (directory: string): Promise<void> => {
  const logs = (await readdir(directory)).filter(name => /^mha-\d+\.log$/.test(name)).sort();
  const old = logs.slice(0, Math.max(0, logs.length - keptLogs + 1));
  await Promise.all(old.map(name => unlink(join(directory, name)).catch(() => undefined))); // another may have done it
};

/** Stops the process where it is. Resolves once it is seen stopped, or gone. */
export const freeze = async ({pid}: Pick<RunningMha, 'pid'>): Promise<void> => {
  if (!send(pid, 'SIGSTOP')) return;
  for (let look = 0; look < 200; look++) {
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => ''); // gone
    const state = stat.slice(stat.lastIndexOf(')') + 2, stat.lastIndexOf(')') + 3);
    if (state === '' || 'TtZX'.includes(state)) return;
    await setTimeout(5);
  }
};

export const thaw = ({pid}: Pick<RunningMha, 'pid'>): void => void send(pid, 'SIGCONT');

/** Ends a frozen MHA before it does anything else. Its hook, if one is at work, is not touched. */
export const endFrozen = async ({pid, ended}: RunningMha): Promise<void> => {
  send(pid, 'SIGTERM');
  send(pid, 'SIGCONT');
  const late = new AbortController();
  const isGone = await Promise.race([ended.then(() => true), setTimeout(5000, false, {signal: late.signal})]);
  late.abort();
  if (!isGone) send(pid, 'SIGKILL');
};

const send = (pid: number, signal: NodeJS.Signals): boolean => {
  try {
    process.kill(pid, signal);
    return true;
  } catch {
    return false; // it has ended
  }
};
