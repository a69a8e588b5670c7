import type {Notice} from './notice.ts';

export const channelNames = ['mail', 'webhook', 'command'] as const;
export type ChannelName = (typeof channelNames)[number];

/** One way to tell people. */
export interface Channel {
  readonly name: ChannelName;
  /** Throws when nobody took it, with a reason that holds no secret. */
  readonly deliver: (notice: Notice, signal: AbortSignal) => Promise<Delivered>;
}

export interface Delivered {
  /** Who took it: "mailed to dba@example.com". */
  readonly said: string;
  /** Who did not, though others did, one sentence each. */
  readonly refused: readonly string[];
}

/** Who is told what an error says: its own words, never a stack. */
export const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** Ends with the signal, whatever hangs below. */
export const until = async <T>(signal: AbortSignal, work: Promise<T>): Promise<T> => {
  work.catch(() => {}); // nobody may be left to hear it
  signal.throwIfAborted();
  let give: () => void = () => {};
  const aborted = new Promise<never>((_, reject) => {
    give = () => reject(signal.reason);
    signal.addEventListener('abort', give, {once: true});
  });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener('abort', give);
  }
};
