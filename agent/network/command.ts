import type {ChildProcess} from 'node:child_process';
import {basename} from 'node:path';
import {boundedBy} from '../bounded.ts';
import {Refused} from '../refusal.ts';
import {spawnBare} from './spawn-bare.ts';

/** A system command as the kernel gets it: absolute path and arguments, never a shell. */
export interface Command {
  readonly file: string;
  readonly args: readonly string[];
  /** Written to its standard input, which is empty otherwise. A promise: the command starts, and waits for it. */
  readonly input?: string | Promise<string> | undefined;
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

  /** @param why `outcome`: what became of one that is no process of its own. */
  constructor(command: Command, why: Partial<CommandResult> & {readonly hint?: string; readonly outcome?: string}) {
    const outcome = why.outcome ?? (why.exitCode === undefined ? 'did not finish' : `exited with ${why.exitCode}`);
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
  const child = spawnBare(command, command.input === undefined ? 'ignore' : 'pipe');
  const listeners: ((text: string) => void)[] = [];
  const ended = outcomeOf(child, ending.signal, text => {
    for (const listener of listeners) listener(text);
  });
  child.stdin?.on('error', () => {}); // it did not read to the end: its exit code tells whether that matters
  give(child, command.input);
  return {
    pid: child.pid,
    finished: Promise.race([ended, abandonedAfter(ending.signal)]).finally(ending.release),
    onOutput: listener => void listeners.push(listener),
    stop: signal => void child.kill(signal),
  };
};

const give = ({stdin}: ChildProcess, input: Command['input']): void => {
  if (input instanceof Promise)
    input.then(
      text => stdin?.end(text),
      () => stdin?.end(),
    );
  else stdin?.end(input);
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
  let rest = '';
  const split = (text: string): void => {
    const lines = `${rest}${text}`.split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) onLine(line);
  };
  return {ended: outcomeOf(spawnBare(command, 'ignore'), signal, split, {keeps: 'complaints'})};
};

/** A command line as a person would type it. Nothing in it is secret. */
export const describeCommand = ({file, args}: Command): string => [basename(file), ...args].join(' ');

const maxOutputLength = 4 * 1024 * 1024;
const maxComplaint = 1000;

/** What became of it, when it has ended and its output is closed. Killed when the signal aborts, or by too much output. */
const outcomeOf = (
  child: ChildProcess,
  signal: AbortSignal,
  onOutput: (text: string) => void,
  {keeps}: {readonly keeps: 'all' | 'complaints'} = {keeps: 'all'},
): Promise<CommandResult> =>
  new Promise(resolve => {
    const said = {stdout: '', stderr: '', why: ''};
    const kill = (why: string): void => {
      said.why ||= why;
      child.kill('SIGKILL');
    };
    const abort = (): void => kill(signal.reason instanceof Error ? signal.reason.message : String(signal.reason));
    const keep = (stream: 'stdout' | 'stderr', text: string): void => {
      said[stream] += text;
      if (keeps === 'complaints') said[stream] = stream === 'stderr' ? said.stderr.slice(-maxComplaint) : '';
      else if (said[stream].length > maxOutputLength) {
        said[stream] = said[stream].slice(0, maxOutputLength);
        kill('more output than anybody reads');
      }
    };
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      keep('stdout', text);
      onOutput(text);
    });
    child.stderr?.setEncoding('utf8').on('data', (text: string) => keep('stderr', text));
    const settle = (code: number | null): void => {
      signal.removeEventListener('abort', abort);
      // An end that we forced is no success, even if the process takes it for one.
      const exitCode = said.why !== '' && code === 0 ? undefined : (code ?? undefined);
      const complaint = withoutLastLineEnd(said.stderr) || (exitCode === undefined ? said.why : '');
      resolve({stdout: withoutLastLineEnd(said.stdout), stderr: complaint, exitCode});
    };
    child.on('error', error => {
      said.why ||= error.message;
      if (child.pid === undefined) settle(null); // else it could not be killed, and may still end
    });
    child.on('close', settle);
    if (signal.aborted) abort();
    else signal.addEventListener('abort', abort, {once: true});
  });

const withoutLastLineEnd = (text: string): string => text.replace(/\r?\n$/, '');

const killTakesMs = 100;

const abandonedAfter = (ending: AbortSignal): Promise<CommandResult> =>
  new Promise(resolve => {
    const abandon = () => resolve({stdout: '', stderr: 'no answer within its time', exitCode: undefined});
    const wait = () => void setTimeout(abandon, killTakesMs);
    if (ending.aborted) wait();
    else ending.addEventListener('abort', wait, {once: true});
  });
