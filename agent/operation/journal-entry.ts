import type {Change} from './change.ts';
import type {PendingDemotion} from './pending-demotion.ts';
import type {NewOperation, OperationState} from './record.ts';

/** A line of the journal. */
export type Entry =
  | {readonly type: 'epoch'; readonly cluster: string; readonly epoch: number}
  | ({readonly type: 'open'; readonly takesOver?: string} & NewOperation)
  | {readonly type: 'change'; readonly id: string; readonly changes: readonly Change[]}
  | ({readonly type: 'pending_demotion'; readonly id: string} & PendingDemotion)
  /** One line for both: an operation is final together with what it settles of earlier ones, or not at all. */
  | ({readonly type: 'state'; readonly id: string; readonly state: OperationState} & Final)
  | ({readonly type: 'left'} & Leave)
  | {readonly type: 'settled'; readonly ids: readonly string[]};

export interface Final {
  /** Operations whose pending demotion is over with this. */
  readonly settles?: readonly string[];
  readonly makesMaster?: boolean | undefined;
}

/** The agent has ended in order while this host was a master. */
export interface Leave {
  readonly ports: readonly number[];
  /** What it held. */
  readonly vips: readonly string[];
  /** Wall clock, milliseconds since 1970. */
  readonly atMs: number;
}
