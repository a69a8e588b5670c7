import {setTimeout} from 'node:timers/promises';
import {CommandMisused} from '../command-misused.ts';
import type {CommandEnvironment} from '../environment.ts';
import {sayLocalTime} from '../history/duration.ts';
import {Interrupts} from '../terminal/interrupts.ts';
import {lookAtClusters, type StatusLook, type StatusOptions} from './status.ts';

export interface WatchOptions extends StatusOptions {
  /** Seconds, as written; true: the default. */
  readonly every: true | string;
}

const defaultSeconds = 2;
const lookMs = 50;

/**
 * Looks again and again until it is interrupted: in place on a terminal, one block or JSON line after another elsewhere.
 * The exit code is that of the last look.
 */
export const watchStatus = async (options: WatchOptions, environment: CommandEnvironment): Promise<number> => {
  const seconds = parseSeconds(options.every);
  const interrupts = new Interrupts();
  const isLive = environment.draw !== undefined && !options.json;
  if (isLive) environment.draw?.('\u001b[?1049h');
  let look: StatusLook | undefined;
  try {
    while (interrupts.count === 0) {
      look = await lookAtClusters(options, environment);
      if (isLive) draw(look, seconds, environment);
      else tellBlock(look, options.json, environment);
      const until = performance.now() + seconds * 1000;
      while (interrupts.count === 0 && performance.now() < until) await setTimeout(lookMs);
    }
  } finally {
    interrupts.close();
    if (isLive) environment.draw?.('\u001b[?1049l');
  }
  if (isLive) for (const line of look?.lines ?? []) environment.tell(line);
  return look?.exitCode ?? 0;
};

const parseSeconds = (every: true | string): number => {
  if (every === true) return defaultSeconds;
  const seconds = Number(every);
  if (/^\d+(?:\.\d+)?$/.test(every) && seconds >= 0.5 && seconds <= 86_400) return seconds;
  throw new CommandMisused(
    `--watch ${JSON.stringify(every)} is no number of seconds`,
    'write 0.5 to 86400; the name of a cluster goes before --watch',
  );
};

const tellBlock = ({lines, notes}: StatusLook, json: boolean, {tell, complain}: CommandEnvironment): void => {
  for (const note of notes) complain(note);
  if (!json) tell(sayLocalTime(Date.now()));
  for (const line of json ? lines : [...lines, '']) tell(line);
};

/** Over what was there, line by line: clearing the screen first would flicker. */
const draw = ({lines, notes}: StatusLook, seconds: number, {draw: write, terminal}: CommandEnvironment): void => {
  const rows = terminal.rows ?? Number.POSITIVE_INFINITY;
  const all = [`${sayLocalTime(Date.now())}, every ${seconds} s, until Ctrl-C`, '', ...notes, ...lines];
  const shown = all.length <= rows ? all : [...all.slice(0, rows - 1), `${all.length - rows + 1} more lines`];
  write?.(`\u001b[H${shown.map(line => `${line}\u001b[K`).join('\r\n')}\u001b[J`);
};
