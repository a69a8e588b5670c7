import type {ChildProcess} from 'node:child_process';
import {setImmediate as afterPendingInput} from 'node:timers/promises';
import {BatchComplaints} from './batch-complaints.ts';
import type {Command} from './command.ts';
import {type spawnBare, unreference} from './spawn-bare.ts';

/** What is asked of `ip` when it stands by: each line of its input is a command, and what that shows is one line of output. */
export const standingArguments: readonly string[] = ['-j', '-force', '-batch', '-'];

export interface Answer {
  /** What `ip -j addr show` says, after all changes. */
  readonly shown: readonly unknown[];
  /** What `ip` has against each of the changes; undefined where it made it. */
  readonly complaints: readonly (string | undefined)[];
}

export interface IpProcessOptions {
  /** How long it may be silent while somebody waits. */
  readonly answerMs: number;
  readonly spawn: typeof spawnBare;
  /** @param fate `unknown`: changes that were asked for are made, or not, or while it ends. */
  readonly onEnd: (self: IpProcess, why: string, fate: 'known' | 'unknown') => void;
}

type Shown = Answer['shown'] | undefined;

interface Waiting {
  readonly changes: boolean;
  settle(shown: Shown): void;
}

/** One process. Lines are worked off in their order, so an answer always belongs to a question asked before it was written. */
export class IpProcess {
  /** Settles when there is no such process any more: from then on it changes nothing. */
  readonly gone: Promise<void>;
  readonly #child: ChildProcess;
  readonly #options: IpProcessOptions;
  readonly #waiting: Waiting[] = [];
  readonly #complaints = new BatchComplaints();
  #rest: string[] = [];
  /** How many askers of changes listen for complaints. */
  #listening = 0;
  #linesWritten = 0;
  #linesHeard = 0;
  #ended = false;

  constructor(command: Command, options: IpProcessOptions) {
    this.#options = options;
    const child = options.spawn(command, 'pipe');
    this.#child = child;
    child.stdout?.setEncoding('utf8').on('data', (text: string) => this.#hear(text));
    child.stderr?.setEncoding('utf8').on('data', (text: string) => this.#hearComplaint(text));
    child.stdin?.on('error', error => this.end(error.message));
    this.gone = new Promise(resolve => {
      child.on('exit', code => resolve(this.end(`it exited with ${code}`)));
      child.on('error', error => {
        this.end(error.message);
        if (child.pid === undefined) resolve(); // else it could not be killed
      });
    });
    unreference(child);
  }

  /** Undefined: it could not tell, or the signal aborted. */
  async show(signal: AbortSignal): Promise<Shown> {
    let abandon = (): void => {};
    const abandoned = new Promise<undefined>(resolve => {
      abandon = () => resolve(undefined); // its line comes nevertheless, and is taken in its turn
    });
    signal.addEventListener('abort', abandon, {once: true});
    const asked = this.#nextLine({changes: false});
    this.#write([look]);
    const shown = await Promise.race([asked, abandoned]);
    signal.removeEventListener('abort', abandon);
    return shown;
  }

  /**
   * Undefined: what was made of the changes is only known when it is `gone`, which an abort brings about. It looks
   * first, since it remembers interfaces by name: one that got the name of another would get its address, too.
   */
  async change(changes: readonly string[], signal: AbortSignal): Promise<Answer | undefined> {
    const lines = changes.map((_, index) => this.#linesWritten + 2 + index);
    const abort = (): void => this.end('nobody waits for its changes any more');
    signal.addEventListener('abort', abort, {once: true});
    this.#listening += 1;
    void this.#nextLine({changes: true});
    const answer = this.#nextLine({changes: true});
    this.#write([look, ...changes, look]);
    const shown = await answer;
    signal.removeEventListener('abort', abort);
    // Complaints come before the answer, but on another stream: this round of input may have begun before, the next has them.
    for (let round = 0; round < 2; round++) await afterPendingInput();
    const complaints = this.#complaints.take(lines);
    this.#listening -= 1;
    if (this.#listening === 0 && !this.#complaints.areAllTaken) this.end('it complains of what nobody asked');
    return shown && {shown, complaints};
  }

  end(why: string): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#child.kill('SIGKILL');
    this.#child.stdin?.destroy(); // one that cannot be killed ends with its input
    const unanswered = this.#waiting.splice(0);
    this.#options.onEnd(this, why, unanswered.some(({changes}) => changes) ? 'unknown' : 'known');
    for (const {settle} of unanswered) settle(undefined);
  }

  #write(lines: readonly string[]): void {
    this.#linesWritten += lines.length;
    if (!this.#ended) this.#child.stdin?.write(lines.map(line => `${line}\n`).join(''));
  }

  #nextLine({changes}: Pick<Waiting, 'changes'>): Promise<Shown> {
    return new Promise(resolve => {
      if (this.#ended) return resolve(undefined);
      let late: NodeJS.Timeout | undefined;
      const settle = (shown: Shown): void => {
        clearTimeout(late);
        resolve(shown);
      };
      const waiting = {changes, settle};
      this.#waiting.push(waiting);
      const listen = (): void => {
        const heard = this.#linesHeard;
        late = setTimeout(async () => {
          await afterPendingInput(); // when this program was not scheduled for a while, answers lie there unread
          if (!this.#waiting.includes(waiting)) return;
          if (this.#linesHeard > heard) listen();
          else this.end(`no answer within ${this.#options.answerMs} ms`);
        }, this.#options.answerMs);
      };
      listen();
    });
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
    this.#linesHeard += 1;
    const shown = parse(line);
    if (shown === undefined || this.#waiting.length === 0) this.end(`it said: ${line.slice(0, 200)}`);
    else this.#waiting.shift()?.settle(shown);
  }

  #hearComplaint(text: string): void {
    if (this.#listening === 0) this.end(text.trim());
    this.#complaints.hear(text);
  }
}

const look = 'addr show';

/** There is no host without any interface: an empty list is no answer. */
const parse = (line: string): Shown => {
  try {
    const shown: unknown = JSON.parse(line);
    return Array.isArray(shown) && shown.length > 0 ? shown : undefined;
  } catch {
    return undefined; // whoever asked looks another way
  }
};
