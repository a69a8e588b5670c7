import type {ChildProcess} from 'node:child_process';
import {setImmediate as afterPendingInput} from 'node:timers/promises';
import type {Log} from '../log.ts';
import type {Command} from './command.ts';
import {spawnBare} from './spawn-bare.ts';

/** Looks at the addresses of this host without a new process for each look. */
export interface AddressReader {
  /** What `ip -j addr show` says after this was called. Undefined: it could not tell, ask in the ordinary way. */
  read(signal: AbortSignal): Promise<readonly unknown[] | undefined>;
  close(): void;
}

export interface AddressReaderOptions {
  readonly log: Log;
  /** How long one answer may take, default 250 ms; it takes less than one. */
  readonly answerMs?: number;
}

/** What is asked of `ip` when it stands by: each line of its input is a question, and its answer is one line. */
export const standingArguments: readonly string[] = ['-j', '-force', '-batch', '-'];

/**
 * One `ip` stands by, from the first question on: a start costs milliseconds, an answer 0.3. It ends with its input, so also
 * with an agent that is killed. At the slightest doubt (silence, a complaint, an answer that cannot be read) it is
 * killed and whoever waits asks another way; the next question gets a new one. An `ip` that cannot do this is not
 * tried over and over.
 * @param command undefined: there is no `ip`.
 */
export const createAddressReader = (
  command: Command | undefined,
  {log, answerMs = 250}: AddressReaderOptions,
): AddressReader => {
  let standing: StandingIp | undefined;
  let closed = false;
  let failures = 0;
  let pausedUntilMs = 0;
  const onEnd = (ended: StandingIp, why: string): void => {
    if (standing === ended) standing = undefined;
    if (closed) return;
    failures += 1;
    if (failures < triesInARow) return;
    pausedUntilMs = performance.now() + pauseMs;
    log.warn('no ip answers standing by; one is started for each look', {why, tries: failures});
    failures = 0;
  };
  return {
    async read(signal) {
      if (command === undefined || closed || signal.aborted) return undefined;
      if (standing === undefined && performance.now() < pausedUntilMs) return undefined;
      standing ??= new StandingIp(command, answerMs, onEnd);
      const answer = await standing.ask(signal);
      if (answer !== undefined) failures = 0;
      return answer;
    },
    close() {
      closed = true;
      standing?.end('the agent stops');
    },
  };
};

const triesInARow = 3;
const pauseMs = 60_000;

type Answer = readonly unknown[] | undefined;

/** One process. Questions are answered in their order, so a line always belongs to a question asked before it was written. */
class StandingIp {
  readonly #child: ChildProcess;
  readonly #answerMs: number;
  readonly #onEnd: (self: StandingIp, why: string) => void;
  readonly #waiting: ((answer: Answer) => void)[] = [];
  #rest: string[] = [];
  #ended = false;

  constructor(command: Command, answerMs: number, onEnd: (self: StandingIp, why: string) => void) {
    this.#answerMs = answerMs;
    this.#onEnd = onEnd;
    const child = spawnBare(command, 'pipe');
    this.#child = child;
    child.stdout?.setEncoding('utf8').on('data', (text: string) => this.#hear(text));
    child.stderr?.setEncoding('utf8').on('data', (text: string) => this.end(text.trim()));
    child.stdin?.on('error', error => this.end(error.message));
    child.on('error', error => this.end(error.message));
    child.on('exit', code => this.end(`it exited with ${code}`));
    unreferenced(child);
  }

  ask(signal: AbortSignal): Promise<Answer> {
    return new Promise(resolve => {
      const abandon = (): void => resolve(undefined); // its line comes nevertheless, and is taken in its turn
      const late = setTimeout(() => this.#endUnlessAnswered(settle), this.#answerMs);
      const settle = (answer: Answer): void => {
        clearTimeout(late);
        signal.removeEventListener('abort', abandon);
        resolve(answer);
      };
      signal.addEventListener('abort', abandon, {once: true});
      this.#waiting.push(settle);
      if (this.#ended) settle(undefined);
      else this.#child.stdin?.write('addr show\n');
    });
  }

  end(why: string): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#child.kill('SIGKILL');
    for (const settle of this.#waiting.splice(0)) settle(undefined);
    this.#onEnd(this, why);
  }

  /** When this process was not scheduled for a while, the answer lies there unread: that is no silence. */
  async #endUnlessAnswered(settle: (answer: Answer) => void): Promise<void> {
    await afterPendingInput();
    if (this.#waiting.includes(settle)) this.end(`no answer within ${this.#answerMs} ms`);
  }

  #hear(text: string): void {
    const [first = '', ...others] = text.split('\n');
    this.#rest.push(first);
    for (const next of others) {
      this.#take(this.#rest.join(''));
      this.#rest = [next];
    }
  }

  #take(line: string): void {
    if (this.#ended) return;
    const answer = parse(line);
    if (answer === undefined || this.#waiting.length === 0) this.end(`it said: ${line.slice(0, 200)}`);
    else this.#waiting.shift()?.(answer);
  }
}

const parse = (line: string): Answer => {
  try {
    const shown: unknown = JSON.parse(line);
    return Array.isArray(shown) ? shown : undefined;
  } catch {
    return undefined; // whoever asked looks another way
  }
};

/** It never keeps a program alive that has nothing else to do; a question does, until it is answered or late. */
const unreferenced = (child: ChildProcess): void => {
  child.unref();
  for (const stream of [child.stdin, child.stdout, child.stderr])
    if (stream && 'unref' in stream && typeof stream.unref === 'function') stream.unref();
};
