import type {Standstill} from '../mysql/disconnect.ts';
import type {Instance} from '../mysql/instance.ts';
import type {Network} from '../network/network.ts';
import type {Change} from './change.ts';

/** What one intent may use while it runs. */
export interface IntentContext {
  readonly instance: Instance;
  readonly network: Network;
  /** Aborts when the operation's deadline passes or its stream ends. Every wait listens to it. */
  readonly signal: AbortSignal;
  /** What an earlier Demote of this operation saw: a second one need not wait for it again. */
  readonly standstill?: Standstill | undefined;
  /** Open.keeps_when_lost: nothing that comes after this operation brings a later write to a new master. */
  readonly isLastLook?: boolean | undefined;
  /** Tells the person who reads MHA's log what is going on. */
  progress(text: string): void;
  /**
   * Writes the change to the journal, flushed to disk, and registers its undo. Call it *before* making the
   * change: a statement that timed out may have worked. Throws `Refused('JOURNAL')` when it cannot be written;
   * then nothing may be changed.
   */
  willChange(...changes: readonly Change[]): Promise<void>;
}

/** What an intent found and did; the service adds the states before and after. */
export interface Outcome {
  readonly changed: boolean;
  readonly notes: readonly string[];
  /** Since when nobody has written, where it was watched. */
  readonly standstill?: Standstill | undefined;
}
