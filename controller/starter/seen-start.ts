import {isRunning} from '../record/process-stat.ts';
import type {Asking} from './ask-ahead.ts';
import type {Answer} from './conversation.ts';
import type {Prepared, StarterMeans} from './run-starter.ts';
import {kindOf} from './start-kinds.ts';
import {readWanted, work} from './start-work.ts';
import type {SeenHook} from './watch-mha.ts';

/** The start phase of a hook that was seen before it could ask: it is done while the hook's program loads. */
export interface SeenStart {
  readonly hook: SeenHook;
  /** True once it does something; false: it did nothing and never will. */
  readonly isBegun: Promise<boolean>;
  /** Undefined: nothing was done. */
  readonly exitCode: Promise<number | undefined>;
  /** Its hook has come, and hears what was said, and what will be. */
  readonly giveVoice: (say: (answer: Answer) => void) => void;
}

/** How often it is looked whether the hook lives, until it comes. */
const lookMs = 10;

/**
 * Begins at once. MHA has started the hook, with these arguments, and waits for its end: it could not say more by asking.
 * What MHA or somebody else ends is ended with it, as ever. Undefined: the hook is none of ours.
 */
export const beginSeen = (
  hook: SeenHook,
  {prepared, means, asking}: {readonly prepared: Prepared; readonly means: StarterMeans; readonly asking: Asking},
): SeenStart | undefined => {
  const wanted = readWanted({argv: hook.argv, beganMs: Date.now()}, prepared);
  if (wanted === undefined) return undefined;
  const kept: Answer[] = [];
  let say = (answer: Answer): void => void kept.push(answer);
  const watching = setInterval(() => {
    if (!isRunning(hook)) means.exit(1);
  }, lookMs);
  let begin = (_isBegun: boolean): void => {};
  const isBegun = new Promise<boolean>(resolve => {
    begin = resolve;
  });
  const exitCode = work(wanted, {
    ...{prepared, means, asking, servesUnasked: {pid: hook.pid, startTime: hook.startTime}},
    tell: text => say({say: 'line', text}),
    mayBegin: async () => {
      means.faultPoint(`${kindOf(prepared).phase}/after claim`);
      begin(true);
      return true;
    },
  }).finally(() => {
    clearInterval(watching);
    begin(false);
  });
  const giveVoice: SeenStart['giveVoice'] = voice => {
    clearInterval(watching);
    for (const answer of kept.splice(0)) voice(answer);
    say = voice;
  };
  return {hook, isBegun, exitCode, giveVoice};
};
