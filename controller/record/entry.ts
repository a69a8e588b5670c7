/**
 * What is known of the old master.
 * released: seen without the VIP. fenced: it cannot take a write. unknown: nobody could tell.
 */
export type Fencing = 'released' | 'fenced' | 'unknown';

export interface FencingKnowledge {
  readonly fencing: Fencing;
  /** How we know, or why we do not: a sentence for the log, the record and the mail. */
  readonly because: string;
}

/** How a phase ended: all done, something missing but kept, or undone. */
export type PhaseResult = 'done' | 'incomplete' | 'failed';

/** What is kept of one step: in MHA's log, the failover record and the report. */
export interface StepAccount {
  readonly step: string;
  readonly hosts: readonly string[];
  readonly result: 'ok' | 'failed';
  readonly durationMs: number;
  readonly did: string;
  readonly notes: readonly string[];
}

/** A line of a failover record. Times are milliseconds since 1970; durations were measured on the monotonic clock. */
export type Entry =
  | ({readonly type: 'failover'} & FailoverHead)
  | {readonly type: 'phase'; readonly phase: string; readonly pid: number; readonly atMs: number}
  | ({readonly type: 'step'; readonly atMs: number} & StepAccount)
  /** An operation that was opened: what an undo has to name. Whether it was committed, its agent knows. */
  | {readonly type: 'operation'; readonly host: string; readonly port: number; readonly operationId: string}
  | ({readonly type: 'old_master'} & FencingKnowledge)
  | {readonly type: 'event_scheduler'; readonly wasOn: boolean}
  | {
      readonly type: 'end';
      readonly phase: string;
      readonly result: PhaseResult;
      readonly notPutBack: readonly string[];
      readonly atMs: number;
    };

/** What a failover is, known when it begins. */
export interface FailoverHead {
  /** `<cluster>-<epoch>`. */
  readonly id: string;
  readonly cluster: string;
  readonly epoch: number;
  /** placement: an operator put the VIP on a host or took it off; `oldMaster` is that host. */
  readonly kind: 'online' | 'hard' | 'placement';
  /** `host:port`. */
  readonly oldMaster: string;
  /** `host:port`; undefined while a hard failover has not told yet. */
  readonly newMaster: string | undefined;
  readonly startedMs: number;
  /** Of the controller. */
  readonly version: string;
}
