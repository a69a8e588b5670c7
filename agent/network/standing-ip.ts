import {withBound} from '../bounded.ts';
import type {Log} from '../log.ts';
import {type Command, CommandFailed} from './command.ts';
import {type Answer, IpProcess, standingArguments} from './ip-process.ts';
import {spawnBare} from './spawn-bare.ts';

/** Looks at the addresses of this host, and changes them, without a new process for each time. */
export interface StandingIp {
  /**
   * What `ip -j addr show` says after this was called. Undefined: it could not tell, ask in the ordinary way.
   * Throws `CommandFailed` when changes may still be made that somebody has given up.
   */
  show(signal: AbortSignal): Promise<Answer['shown'] | undefined>;
  /**
   * Has the changes made (`addr add …`) in their order, one that fails not stopping the others. Undefined: make them in
   * the ordinary way; some may have been made, but none comes any more. Throws `CommandFailed` when the signal
   * aborts, or when they may still be made.
   */
  change(changes: readonly string[], signal: AbortSignal): Promise<Answer | undefined>;
  close(): void;
}

export interface StandingIpOptions {
  readonly log: Log;
  /** How long it may be silent while somebody waits, default 250 ms; an answer takes less than one. */
  readonly answerMs?: number;
  /** How long one that was killed may take to end, default 5 s: it does not while somebody else holds the kernel's lock of the network. */
  readonly endMs?: number;
  readonly spawn?: typeof spawnBare;
}

/**
 * One `ip` stands by, from the first question on: a start costs milliseconds, an answer 0.3. It ends with its input, so also
 * with an agent that is killed. At the slightest doubt (silence, an answer that cannot be read) it is
 * killed and whoever waits asks another way; the next question gets a new one. An `ip` that cannot do this is not
 * tried over and over. After one that was killed in the middle of a change nothing is seen or done until it has ended: it could
 * undo what is done meanwhile.
 * @param command undefined: there is no `ip`.
 */
export const createStandingIp = (
  command: Command | undefined,
  {log, answerMs = 250, endMs = 5000, spawn = spawnBare}: StandingIpOptions,
): StandingIp => {
  const undecided = new Set<Promise<void>>();
  let standing: IpProcess | undefined;
  let closed = false;
  let failures = 0;
  let pausedUntilMs = 0;
  const onEnd = (ended: IpProcess, why: string, fate: 'known' | 'unknown'): void => {
    if (standing === ended) standing = undefined;
    if (fate === 'unknown') {
      log.warn('the ip that stands by was ended in the middle of a change', {why});
      undecided.add(ended.gone);
      void ended.gone.then(() => undecided.delete(ended.gone));
    }
    if (closed) return;
    failures += 1;
    if (failures < triesInARow) return;
    pausedUntilMs = performance.now() + pauseMs;
    log.warn('no ip answers standing by; one is started for each look and change', {why, tries: failures});
    failures = 0;
  };
  const asked = async <T>(ask: (ip: IpProcess) => Promise<T | undefined>): Promise<T | undefined> => {
    if (command === undefined || closed) return undefined;
    if (standing === undefined && performance.now() < pausedUntilMs) return undefined;
    standing ??= new IpProcess(command, {answerMs, spawn, onEnd});
    const answer = await ask(standing);
    if (answer !== undefined) failures = 0;
    return answer;
  };
  const decided = async (signal: AbortSignal): Promise<void> => {
    await allGone(undecided, signal, endMs);
    if (undecided.size > 0) throw stillThere();
  };
  return {
    async show(signal) {
      if (undecided.size > 0) await decided(signal);
      return signal.aborted ? undefined : asked(ip => ip.show(signal));
    },
    async change(changes, signal) {
      if (undecided.size > 0) await decided(signal);
      const answer = signal.aborted ? undefined : await asked(ip => ip.change(changes, signal));
      if (answer !== undefined) return answer;
      if (undecided.size > 0) await decided(signal);
      if (signal.aborted) throw new CommandFailed(standingIp, {stderr: String(signal.reason)});
      return undefined;
    },
    close() {
      closed = true;
      standing?.end('the agent stops');
    },
  };
};

const triesInARow = 3;
const pauseMs = 60_000;
const killTakesMs = 100;
const standingIp = {file: 'ip', args: standingArguments};

/** Whoever gives up waits a moment as well: what it wanted is undone next. */
const allGone = (undecided: ReadonlySet<Promise<void>>, signal: AbortSignal, endMs: number): Promise<unknown> => {
  const [until, boundMs] = signal.aborted ? [new AbortController().signal, killTakesMs] : [signal, endMs];
  return withBound(until, boundMs, bounded => {
    const ending = new Promise(resolve => bounded.addEventListener('abort', resolve, {once: true}));
    return Promise.race([Promise.all(undecided), ending]);
  });
};

const stillThere = (): CommandFailed =>
  new CommandFailed(standingIp, {
    stderr: 'it was killed in the middle of a change and has not ended: it may still make the change',
    hint: 'something holds the network lock of the kernel; look at: ps -C ip -o pid,stat,wchan:32',
  });
