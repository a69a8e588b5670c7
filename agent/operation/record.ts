import type {BootTime} from './boot.ts';
import type {Change} from './change.ts';
import type {PendingDemotion} from './pending-demotion.ts';

/** One operation as the journal knows it. Its boot time says when it was opened. */
export interface OperationRecord extends BootTime {
  readonly id: string;
  readonly cluster: string;
  readonly epoch: number;
  readonly port: number;
  /** What the caller was doing, for people. */
  readonly purpose: string;
  /** The caller's certificate and address, for people. */
  readonly caller: string;
  /** Wall clock, milliseconds since 1970, for people. */
  readonly openedMs: number;
  /** After this long the agent undoes by itself. */
  readonly deadlineMs: number;
  /** Nothing is given back when its stream ends without Commit, or the agent dies: a new master may be made meanwhile. */
  readonly keepsWhenLost?: boolean | undefined;
  readonly changes: readonly Change[];
  /**
   * open: the stream lives, or the agent died while it did. committed: final. undone: put back, wholly.
   * undo_pending: something could not be put back yet. given_up: something was not put back and will not be.
   */
  readonly state: 'open' | 'committed' | 'undone' | 'undo_pending' | 'given_up';
  /** A Demote that failed and is still wanted, once the operation is committed. */
  readonly pendingDemotion?: PendingDemotion | undefined;
  /** What the committed operation says of its instance; undefined: nothing. */
  readonly makesMaster?: boolean | undefined;
  /** The later operation whose undo puts this one back as well. */
  readonly takenOverBy?: string | undefined;
}

export type OperationState = OperationRecord['state'];

export type NewOperation = Omit<
  OperationRecord,
  'changes' | 'state' | 'pendingDemotion' | 'makesMaster' | 'takenOverBy'
>;
