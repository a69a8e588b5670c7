import {basename} from 'node:path';
import {execa, type Options} from 'execa';
import {boundedBy} from '../bounded.ts';
import {Refused} from '../refusal.ts';

/** A system command as the kernel gets it: absolute path and arguments, never a shell. */
export interface Command {
  readonly file: string;
  readonly args: readonly string[];
  /** Written to its standard input, which is empty otherwise. */
  readonly input?: string | undefined;
  /** Beside PATH and locale, which are all that it gets of an environment otherwise. */
  readonly env?: Readonly<Record<string, string>>;
}

export interface Bound {
  readonly signal: AbortSignal;
  readonly timeoutMs: number;
}

export interface CommandResult {
  readonly stdout: string;
  readonly stderr: string;
  /** Absent: it did not end by itself. */
  readonly exitCode: number | undefined;
}

export interface RunningCommand {
  /** Absent: it could not be started. */
  readonly pid: number | undefined;
  /** Never rejects, and settles within the bound whatever the process does. */
  readonly finished: Promise<CommandResult>;
  /** Hands over standard output as it comes. */
  onOutput(listener: (text: string) => void): void;
  stop(signal: 'SIGINT' | 'SIGKILL'): void;
}

/** A command that did not do what it was asked. */
export class CommandFailed extends Refused {
  override readonly name = 'CommandFailed';
  readonly command: string;
  readonly exitCode: number | undefined;
  readonly stderr: string;

  constructor(command: Command, why: Partial<CommandResult> & {readonly hint?: string}) {
    const outcome = why.exitCode === undefined ? 'did not finish' : `exited with ${why.exitCode}`;
    const line = describeCommand(command);
    // Some tools complain on standard output.
    const said = (why.stderr || why.stdout || '').trim();
    super('COMMAND_FAILED', `${line} ${outcome}${said === '' ? '' : `: ${said}`}`, {hint: why.hint ?? ''});
    this.command = line;
    this.exitCode = why.exitCode;
    this.stderr = why.stderr ?? '';
  }
}

/** Runs the command to its end. Anything but exit 0 is a `CommandFailed`. */
export const runCommand = async (command: Command, bound: Bound): Promise<CommandResult> => {
  const result = await startCommand(command, bound).finished;
  if (result.exitCode === 0) return result;
  throw new CommandFailed(command, result);
};

/**
 * Starts the command. At the bound it is killed, and `finished` settles shortly after even if the kill had no
 * effect: a process behind sudo belongs to root and cannot be signalled, and one in an uninterruptible wait does
 * not die.
 */
export const startCommand = (command: Command, bound: Bound): RunningCommand => {
  const ending = boundedBy(bound.signal, bound.timeoutMs);
  const child = execa(command.file, command.args, childOptions(command, ending.signal));
  const ended = child.then(({stdout, stderr, exitCode, failed, originalMessage}) => ({
    stdout: String(stdout),
    stderr: String(stderr) || (failed && exitCode === undefined ? (originalMessage ?? '') : ''),
    // An end that we forced (cut output, bound) is no success, even if the process takes it for one.
    exitCode: failed && exitCode === 0 ? undefined : exitCode,
  }));
  return {
    pid: child.pid,
    finished: Promise.race([ended, abandonedAfter(ending.signal)]).finally(ending.release),
    onOutput: listener => void child.stdout?.on('data', chunk => listener(String(chunk))),
    stop: signal => void child.kill(signal),
  };
};

export interface FollowedCommand {
  /** Never rejects; settles when the process has ended, for whatever reason. */
  readonly ended: Promise<CommandResult>;
}

/** Starts a command that runs until the signal aborts, and hands over each line of its output. Nothing of it is kept. */
export const followCommand = (
  command: Command,
  signal: AbortSignal,
  onLine: (line: string) => void,
): FollowedCommand => {
  const child = execa(command.file, command.args, {...childOptions(command, signal), buffer: false});
  let rest = '';
  child.stdout?.on('data', chunk => {
    const lines = `${rest}${String(chunk)}`.split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) onLine(line);
  });
  let stderr = '';
  child.stderr?.on('data', chunk => {
    stderr = `${stderr}${String(chunk)}`.slice(-maxComplaint);
  });
  const ended = child.then(({exitCode, originalMessage}) => ({
    stdout: '',
    stderr: stderr || (exitCode === undefined ? (originalMessage ?? '') : ''),
    exitCode,
  }));
  return {ended};
};

const maxComplaint = 1000;

/** A command line as a person would type it. Nothing in it is secret. */
export const describeCommand = ({file, args}: Command): string => [basename(file), ...args].join(' ');

/** What every command gets of an environment. */
export const bareEnvironment = {PATH: '/usr/sbin:/sbin:/usr/bin:/bin', LC_ALL: 'C'} as const;

const maxOutputBytes = 4 * 1024 * 1024;

const childOptions = (command: Command, ending: AbortSignal) =>
  ({
    reject: false,
    cwd: '/',
    extendEnv: false,
    env: {...command.env, ...bareEnvironment},
    maxBuffer: maxOutputBytes,
    cancelSignal: ending,
    killSignal: 'SIGKILL',
    ...(command.input === undefined ? {stdin: 'ignore'} : {input: command.input}),
  }) as const satisfies Options;

const killTakesMs = 100;

const abandonedAfter = (ending: AbortSignal): Promise<CommandResult> =>
  new Promise(resolve => {
    const abandon = () => resolve({stdout: '', stderr: 'no answer within its time', exitCode: undefined});
    const wait = () => void setTimeout(abandon, killTakesMs);
    if (ending.aborted) wait();
    else ending.addEventListener('abort', wait, {once: true});
  });
