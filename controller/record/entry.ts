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
  /** How the hosts stood that answered in this step. */
  readonly states?: readonly StateChange[];
}

export interface StateChange {
  /** `host:port`. */
  readonly host: string;
  /** As last seen before the step; undefined: not seen yet. */
  readonly before?: HostState;
  readonly after?: HostState;
}

/** What a host said of itself; a key that is absent was not asked. */
export interface HostState {
  readonly readOnly?: boolean;
  readonly superReadOnly?: boolean;
  readonly eventScheduler?: string;
  readonly applicationThreads?: number;
  readonly binlogPosition?: string;
  /** Those of the cluster's addresses that the host has. */
  readonly vips?: readonly string[];
}

/** A process that cannot be mistaken for a later one with the same pid. */
export interface ProcessIdentity {
  readonly pid: number;
  /** Clock ticks since boot. */
  readonly startTime: string;
}

/** The process that watches an online switch, and the one it watches. */
export interface GuardIdentity extends ProcessIdentity {
  readonly mha: ProcessIdentity;
}

/** What a host runs. */
export interface HostVersions {
  /** `host:port`. */
  readonly host: string;
  readonly agent: string;
  /** Of its server; empty: it did not answer. */
  readonly server: string;
}

/**
 * A line of a failover record. Times are milliseconds since 1970; durations were measured on the monotonic clock. What
 * was added to a line in a later version is optional, so that older records stay readable.
 */
export type Entry =
  | ({readonly type: 'failover'} & FailoverHead)
  | {
      readonly type: 'phase';
      readonly phase: string;
      readonly pid: number;
      /** Its plan began: the hosts had been asked how they are. */
      readonly atMs: number;
      /** Its process began. */
      readonly beganMs?: number;
    }
  /** Who took part, as the phase found them. */
  | {readonly type: 'hosts'; readonly hosts: readonly HostVersions[]}
  | ({readonly type: 'guard'} & GuardIdentity)
  | ({readonly type: 'step'; readonly atMs: number} & StepAccount)
  /** An operation that was opened: what an undo has to name. Whether it was committed, its agent knows. */
  | ({readonly type: 'operation'} & OpenedOperation)
  /** This switch goes on where an earlier one was abandoned: what that left is this one's to put back, or to finish. */
  | ({readonly type: 'takes_over'} & Abandoned)
  /** The failover that goes on with this one. */
  | {readonly type: 'taken_over'; readonly by: string}
  /** A change at a cloud's API, written before it was made: whether it was, the API knows. */
  | {readonly type: 'vip_change'; readonly host: string; readonly verb: 'grant' | 'revoke'}
  | ({readonly type: 'old_master'} & FencingKnowledge)
  | {readonly type: 'event_scheduler'; readonly wasOn: boolean}
  | {
      readonly type: 'end';
      readonly phase: string;
      readonly result: PhaseResult;
      readonly notPutBack: readonly string[];
      readonly atMs: number;
      /** What MHA was answered. Absent: MHA did not ask. */
      readonly exitCode?: number;
    };

/** A switch that was left half done when another one began. */
export interface Abandoned {
  /** `<cluster>-<epoch>`. */
  readonly failover: string;
  /** As failover/half-done.ts says. */
  readonly state: 'stopped' | 'starting';
  readonly operations: readonly OpenedOperation[];
}

/** What an undo has to name. */
export interface OpenedOperation {
  readonly host: string;
  readonly port: number;
  readonly operationId: string;
}

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
  /** Who began it, and where: `root@mgr`. */
  readonly by?: string;
}
