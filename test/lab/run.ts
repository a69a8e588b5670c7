import {type ChildProcess, spawn} from 'node:child_process';
import {performance} from 'node:perf_hooks';

export interface Finished {
  /** Exit code; null when a signal ended it. */
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly durationMs: number;
  readonly timedOut: boolean;
}

export interface RunOptions {
  /** Default 30 s. When it passes the whole process group is killed. */
  readonly timeoutMs?: number;
  readonly input?: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** Runs one command to its end, bounded. A non-zero exit code is an answer, not an error. */
export const run = (argv: readonly string[], options: RunOptions = {}): Promise<Finished> =>
  new Promise((resolve, reject) => {
    const started = performance.now();
    const child = startGroup(argv, options.env, ['pipe', 'pipe', 'pipe']);
    let stdout = '';
    let stderr = '';
    let timedOut = false;
    const timer = setTimeout(() => {
      timedOut = true;
      killGroup(child, 'SIGKILL');
    }, options.timeoutMs ?? 30_000);
    child.stdout?.setEncoding('utf8').on('data', (text: string) => (stdout += text));
    child.stderr?.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    // A command may end without reading what it was given.
    child.stdin?.on('error', () => undefined);
    child.stdin?.end(options.input ?? '');
    child.on('error', error => {
      clearTimeout(timer);
      reject(error);
    });
    child.on('close', (code, signal) => {
      clearTimeout(timer);
      resolve({code, signal, stdout, stderr, durationMs: performance.now() - started, timedOut});
    });
  });

/** The same, for what must succeed: throws with the command's own words. */
export const mustRun = async (argv: readonly string[], options: RunOptions = {}): Promise<Finished> => {
  const finished = await run(argv, options);
  if (finished.code !== 0) throw new Error(explain(argv, finished));
  return finished;
};

/** Starts a command in a process group of its own, with a plain environment: a test's own must not leak into a host. */
export const startGroup = (
  argv: readonly string[],
  env: Readonly<Record<string, string>> | undefined,
  stdio: ('pipe' | 'inherit' | number)[],
): ChildProcess => {
  const [command = '', ...rest] = argv;
  return spawn(command, rest, {detached: true, stdio, env: {...plainEnvironment, ...env}});
};

export const killGroup = (child: ChildProcess, signal: NodeJS.Signals): void => {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  try {
    process.kill(-child.pid, signal);
  } catch {
    // It ended between the look and the kill.
  }
};

export const explain = (argv: readonly string[], finished: Finished): string => {
  const how = finished.timedOut ? 'was killed at its time limit' : `ended with ${finished.signal ?? finished.code}`;
  return `${argv.join(' ')} ${how}:\n${finished.stdout}${finished.stderr}`;
};

const plainEnvironment = {
  PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
  HOME: '/root',
  LANG: 'C.UTF-8',
};
