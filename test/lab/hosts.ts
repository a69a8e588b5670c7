import type {ChildProcess} from 'node:child_process';
import {closeSync, openSync} from 'node:fs';
import {access, chmod, mkdir, readFile, writeFile} from 'node:fs/promises';
import {dirname} from 'node:path';
import {poll} from './poll.ts';
import {explain, type Finished, killGroup, type RunOptions, run, startGroup} from './run.ts';
import type {HostName} from './topology.ts';

/** The pid of every host's init, as this process sees it. */
export type HostPids = Readonly<Record<HostName, number>>;

/** A program that runs on inside a host. */
export interface Running {
  /** The program itself, as the outer pid namespace numbers it. */
  readonly pid: number;
  readonly ended: Promise<{readonly code: number | null; readonly signal: NodeJS.Signals | null}>;
  readonly hasEnded: () => boolean;
  kill(signal?: NodeJS.Signals): void;
  /** SIGSTOP: alive, and answering nobody. */
  freeze(): void;
  thaw(): void;
  /** All it has printed so far, both streams. */
  output(): Promise<string>;
  /** Writes to its standard input, when it was spawned with one. */
  write(text: string): void;
}

export interface SpawnOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** File inside the host that gets the output. Default: /var/log/<program>.log. Appended. */
  readonly log?: string;
}

export interface Hosts {
  /** Runs a command inside a host to its end, bounded (30 s). A non-zero exit code is an answer, not an error. */
  exec(host: HostName, argv: readonly string[], options?: RunOptions): Promise<Finished>;
  /** The same for what must succeed. */
  mustExec(host: HostName, argv: readonly string[], options?: RunOptions): Promise<Finished>;
  spawn(host: HostName, argv: readonly string[], options?: SpawnOptions): Promise<Running>;
  /** A program to talk with through pipes. Its complaints come out on this process's standard error. */
  open(host: HostName, argv: readonly string[]): ChildProcess;
  /** The host's init, as this process sees it. */
  pidOf(host: HostName): number;
  /** Path under which this process reaches a host's file. */
  pathOf(host: HostName, path: string): string;
  read(host: HostName, path: string): Promise<string>;
  /** Default mode 0644; parent directories are made. */
  write(host: HostName, path: string, text: string, mode?: number): Promise<void>;
}

export const createHosts = (pids: HostPids): Hosts => {
  const enter = (host: HostName, argv: readonly string[]): string[] => [...enterAll(pids[host]), ...argv];
  const pathOf = (host: HostName, path: string): string => `/proc/${pids[host]}/root${path}`;
  return {
    pathOf,
    pidOf: host => pids[host],
    exec: (host, argv, options) => run(enter(host, argv), options),
    mustExec: async (host, argv, options) => {
      const finished = await run(enter(host, argv), options);
      if (finished.code !== 0) throw new Error(`${host}: ${explain(argv, finished)}`);
      return finished;
    },
    spawn: (host, argv, options = {}) => {
      const log = options.log ?? `/var/log/${argv[0]?.split('/').at(-1)}.log`;
      return spawnInside(enter(host, argv), pathOf(host, log), options.env);
    },
    open: (host, argv) => startGroup(enter(host, argv), undefined, ['pipe', 'pipe', 'inherit']),
    read: (host, path) => readFile(pathOf(host, path), 'utf8'),
    write: async (host, path, text, mode = 0o644) => {
      // A pid that was given to another process since would lead into the machine's own files.
      await access(pathOf(host, insideMark));
      await mkdir(dirname(pathOf(host, path)), {recursive: true});
      await writeFile(pathOf(host, path), text);
      await chmod(pathOf(host, path), mode);
    },
  };
};

/** Made by host-init.sh on the host's own tmpfs. */
const insideMark = '/run/lab/inside';

/**
 * Joins all namespaces of a host, and its root: a mount namespace alone has the root of the machine, and where the owner
 * lives in a chroot that is another one. Then a host's `rm /etc/…` would hit the machine's own files: so nothing at all
 * runs unless the init script's mark is where it belongs.
 */
export const enterAll = (pid: number): string[] => {
  const guarded = `test -e ${insideMark} || { echo "not inside a lab host" >&2; exit 125; }; exec "$@"`;
  return ['nsenter', '-t', String(pid), '-m', '-u', '-n', '-p', '-r', '--', 'sh', '-c', guarded, 'sh'];
};

const spawnInside = async (
  argv: readonly string[],
  log: string,
  env: Readonly<Record<string, string>> | undefined,
): Promise<Running> => {
  const file = openSync(log, 'a');
  const outer = startGroup(argv, env, ['pipe', file, file]);
  closeSync(file);
  const ended = new Promise<{code: number | null; signal: NodeJS.Signals | null}>((resolve, reject) => {
    outer.on('exit', (code, signal) => resolve({code, signal}));
    outer.on('error', reject);
  });
  const hasEnded = (): boolean => outer.exitCode !== null || outer.signalCode !== null;
  outer.stdin?.on('error', () => undefined);
  const pid = await poll(`the start of ${argv.join(' ')}`, () => (hasEnded() ? 0 : childOf(outer.pid)), {everyMs: 2});
  const send = (signal: NodeJS.Signals): void => {
    if (!hasEnded() && pid !== 0) killUnlessGone(pid, signal);
  };
  return {
    pid,
    ended,
    hasEnded,
    kill: (signal = 'SIGTERM') => send(signal),
    freeze: () => send('SIGSTOP'),
    // nsenter stops itself together with its child: both must go on.
    thaw: () => killGroup(outer, 'SIGCONT'),
    output: () => readFile(log, 'utf8'),
    write: text => void outer.stdin?.write(text),
  };
};

/** A process that has just ended may be gone before the nsenter around it has told us. */
const killUnlessGone = (pid: number, signal: NodeJS.Signals): void => {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
};

/** nsenter forks into the pid namespace; its only child is the program. */
const childOf = async (pid: number | undefined): Promise<number | undefined> => {
  const children = await readFile(`/proc/${pid}/task/${pid}/children`, 'latin1').catch(() => '');
  const first = children.trim().split(' ')[0];
  return first ? Number(first) : undefined;
};
