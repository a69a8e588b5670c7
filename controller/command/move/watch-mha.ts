import {setTimeout} from 'node:timers/promises';
import type {ProcessIdentity} from '../../record/entry.ts';
import {readStat} from '../../record/process-stat.ts';
import {Interrupts} from '../terminal/interrupts.ts';
import type {LiveLine} from '../terminal/live-line.ts';
import {descendantsOf} from './child-processes.ts';
import {MhaLog} from './mha-log.ts';
import {type MhaLine, readMhaLine} from './read-mha.ts';
import {endFrozen, freeze, type RunningMha, thaw} from './start-mha.ts';

/** How MHA came to its end, or we to ours. */
export type MhaEnd =
  /** By itself. */
  | {readonly how: 'ended'; readonly code: number}
  /** We ended it before it could give writes to the new master; its hooks may still be at work. */
  | {readonly how: 'stopped'; readonly hooks: readonly ProcessIdentity[]}
  /** It goes on without us. */
  | {readonly how: 'left'};

/** What a person is told who interrupts. */
export interface InterruptWords {
  /** The first hook after which MHA is not stopped any more. */
  readonly tooLateFrom: 'stop' | 'start';
  readonly tooLate: string;
  /** No hook has run. */
  readonly nothingYet: string;
  /** The stop hook has begun. */
  readonly undo: string;
}

export interface Watcher {
  readonly live: LiveLine;
  readonly words: InterruptWords;
  /** MHA is about to run one of our hooks. */
  readonly onHook?: (() => void) | undefined;
}

const lookMs = 50;

/** Tells what MHA does until it ends. Ctrl-C stops it only while that leaves a cluster that works. */
export const watchMha = async (mha: RunningMha, {live, words, onHook}: Watcher): Promise<MhaEnd> => {
  const log = await MhaLog.open(mha.logPath);
  const interrupts = new Interrupts();
  const begun: Begun = new Set();
  const tellNews = async (): Promise<void> => {
    for (const line of await log.read()) if (tell(line, live, begun) === 'hook') onHook?.();
  };
  let isHandled = false;
  try {
    for (;;) {
      const isLast = mha.hasEnded();
      await tellNews();
      if (isLast) return {how: 'ended', code: await mha.ended};
      if (interrupts.count > 1) return {how: 'left'};
      if (interrupts.count > 0 && !isHandled) {
        const hooks = await stopInTime(mha, {tellNews, begun, live, words});
        if (hooks !== 'later') isHandled = true;
        if (typeof hooks !== 'string') return {how: 'stopped', hooks};
      }
      await setTimeout(lookMs);
    }
  } finally {
    interrupts.close();
    await log.close();
  }
};

/** What MHA has begun; it is `delicate` until that is taken away again. */
type Begun = Set<'stop' | 'start' | 'delicate'>;

const tell = (line: string, live: LiveLine, begun: Begun): MhaLine['kind'] => {
  const news = readMhaLine(line);
  if (news.kind === 'hook') begun.add(news.command);
  if (news.kind === 'delicate') begun.add('delicate');
  if (news.kind === 'safe') begun.delete('delicate');
  if (news.kind === 'said') live.say(news.text);
  if (news.kind === 'doing') live.now(news.text);
  return news.kind;
};

interface Moment {
  readonly tellNews: () => Promise<void>;
  readonly begun: Begun;
  readonly live: LiveLine;
  readonly words: InterruptWords;
}

/**
 * Ends MHA unless it has begun what must be finished; answers the hooks that are still at work. A frozen MHA begins
 * nothing, and it announces each hook before it runs it: what its log does not say has not begun.
 */
const stopInTime = async (
  mha: RunningMha,
  {tellNews, begun, live, words}: Moment,
): Promise<readonly ProcessIdentity[] | 'never' | 'later'> => {
  await freeze(mha);
  await tellNews();
  if (mha.hasEnded()) return 'never';
  if (begun.has(words.tooLateFrom)) live.say(words.tooLate);
  if (begun.has(words.tooLateFrom) || begun.has('delicate')) {
    thaw(mha);
    return begun.has(words.tooLateFrom) ? 'never' : 'later';
  }
  live.say(begun.has('stop') ? words.undo : words.nothingYet);
  const children = await descendantsOf(mha.pid);
  const hooks = children.map(readStat);
  await endFrozen(mha);
  return hooks.filter(hook => hook !== undefined);
};
