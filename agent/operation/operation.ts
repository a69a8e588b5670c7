import {performance} from 'node:perf_hooks';
import type {FaultPoint} from '../../proto/fault-points.ts';
import type {Failure, InstanceStatus, Result, Undone, VipStatus} from '../../proto/gen/mha_helper/v1/agent.ts';
import {withBound} from '../bounded.ts';
import type {Log} from '../log.ts';
import type {Standstill} from '../mysql/disconnect.ts';
import {readInstanceStatus} from '../mysql/read-status.ts';
import {Refused} from '../refusal.ts';
import type {IntentContext, Outcome} from './context.ts';
import {demotionsOf, type PendingDemotion} from './pending-demotion.ts';
import {type Means, putBack} from './put-back.ts';
import type {NewOperation} from './record.ts';

export interface Intent {
  readonly name: string;
  /** Read the instance's state after it: an intent that only moves an address does not change mysqld. */
  readonly touchesInstance: boolean;
  run(context: IntentContext): Promise<Outcome>;
  /** It says whether the instance takes writes, so what an earlier failover still wanted of it is over. */
  readonly decidesWrites?: boolean;
  /** When it has run, the instance is the master, or is not. Undefined: it says nothing of that. */
  readonly makesMaster?: boolean;
  /** What stays wanted should it fail. */
  readonly pendingOnFailure?: PendingDemotion | undefined;
  /** The addresses concerned, read when the intent has run. */
  vips?(): Promise<VipStatus[]>;
}

/** One open operation on one instance: runs its intents, then commits or undoes, whichever is asked first. */
export class Operation {
  readonly record: NewOperation;
  readonly #means: Means & {readonly faultPoint: FaultPoint};
  readonly #log: Log;
  readonly #abort = new AbortController();
  readonly #deadline: NodeJS.Timeout;
  #state: InstanceStatus | undefined;
  #standstill: Standstill | undefined;
  #decidedWrites = false;
  #makesMaster: boolean | undefined;

  constructor(record: NewOperation, means: Means & {readonly faultPoint: FaultPoint}) {
    this.record = record;
    this.#means = means;
    this.#log = means.log.with({operation: record.id, cluster: record.cluster, port: record.port});
    const expire = () => this.#abort.abort(new Refused('DEADLINE', `the operation's ${record.deadlineMs} ms are over`));
    this.#deadline = setTimeout(expire, record.deadlineMs);
  }

  /** Aborts when the deadline passes or the stream ends. */
  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  /** The stream is gone: whatever runs must stop. */
  cancel(reason: string): void {
    this.#abort.abort(new Refused('DEADLINE', reason));
  }

  /** Runs one intent. A failure is a Result, not an exception: the caller decides whether to keep or to undo. */
  async run(intent: Intent, progress: (text: string) => void): Promise<Result> {
    const begin = performance.now();
    this.#log.info('intent begins', {intent: intent.name});
    const before = this.#state;
    const {outcome, failure} = await this.#attempt(intent, progress);
    this.#standstill = outcome.standstill ?? this.#standstill;
    if (intent.decidesWrites) this.#decidedWrites = failure === undefined;
    this.#noteMastership(intent, failure);
    const demotionPending = failure !== undefined && (await this.#keepPending(intent));
    if (intent.touchesInstance) await this.#readState(failure === undefined ? stateMs : stateAfterFailureMs);
    const durationMs = Math.round(performance.now() - begin);
    const level = failure === undefined ? 'info' : 'warn';
    this.#log[level]('intent ends', {
      intent: intent.name,
      durationMs,
      changed: outcome.changed,
      notes: outcome.notes,
      failure,
    });
    return {
      changed: outcome.changed,
      notes: [...outcome.notes, ...this.#notesOfJournal()],
      before,
      after: this.#state,
      failure,
      durationMs,
      vips: (await intent.vips?.()) ?? [],
      demotionPending,
    };
  }

  async commit(): Promise<void> {
    this.signal.throwIfAborted();
    this.#faultPoint('before Commit');
    const {journal} = this.#means;
    await journal.finish(this.record.id, 'committed', {
      settles: this.#decidedWrites ? demotionsOf(journal, this.record.port) : [],
      makesMaster: this.#makesMaster,
    });
    this.#faultPoint('after Commit');
    clearTimeout(this.#deadline);
    this.#log.info('operation committed');
  }

  /** Puts back what was changed. Never throws: what could not be put back stands in `failed`. */
  async undo(reason: string): Promise<Undone> {
    clearTimeout(this.#deadline);
    this.cancel(reason);
    this.#log.warn('undo begins', {reason});
    const record = this.#means.journal.record(this.record.id);
    if (record === undefined) return {restored: [], failed: [], after: undefined};
    return putBack(record, this.#means, 'while_current');
  }

  async #attempt(
    intent: Intent,
    progress: (text: string) => void,
  ): Promise<{outcome: Outcome; failure: Failure | undefined}> {
    try {
      this.signal.throwIfAborted();
      this.#faultPoint(`before ${intent.name}`);
      const outcome = await intent.run(this.#context(progress));
      this.#faultPoint(`after ${intent.name}`);
      return {outcome, failure: undefined};
    } catch (error) {
      return {
        outcome: {changed: false, notes: []},
        failure: toFailure(this.signal.aborted ? this.signal.reason : error),
      };
    }
  }

  /** False: nobody will do later what failed now, because nothing was asked for or the journal cannot be written. */
  async #keepPending({pendingOnFailure}: Intent): Promise<boolean> {
    if (pendingOnFailure === undefined) return false;
    try {
      await this.#means.journal.willDemote(this.record.id, pendingOnFailure);
      return true;
    } catch (error) {
      this.#log.error('a demotion cannot be kept pending', {error});
      return false;
    }
  }

  #notesOfJournal(): string[] {
    const {behind} = this.#means.journal;
    return behind === undefined
      ? []
      : [
          `the journal could not be written (${behind}): this host forgets what is done if its agent ends before that works`,
        ];
  }

  /** An intent that makes a master must have succeeded; one that takes it away has been decided, whatever came of it. */
  #noteMastership({makesMaster}: Intent, failure: Failure | undefined): void {
    if (makesMaster === false || (makesMaster === true && failure === undefined)) this.#makesMaster = makesMaster;
  }

  #faultPoint(name: string): void {
    this.#means.faultPoint(`${this.record.purpose}/${name}`);
  }

  #context(progress: (text: string) => void): IntentContext {
    const {instance, network, journal} = this.#means;
    return {
      instance,
      network,
      signal: this.signal,
      standstill: this.#standstill,
      isLastLook: this.record.keepsWhenLost,
      progress: text => {
        this.#log.info('progress', {text}); // MHA's log has it without a time
        progress(text);
      },
      willChange: async (...changes) => {
        this.signal.throwIfAborted();
        await journal.willChange(this.record.id, changes);
      },
    };
  }

  async #readState(boundMs: number): Promise<void> {
    this.#state = await withBound(this.signal, boundMs, signal =>
      readInstanceStatus(this.#means.instance, {brief: true, signal}),
    );
  }
}

/** How long mysqld may take to tell its state; one that has just failed us is not waited for. */
const stateMs = 5000;
const stateAfterFailureMs = 1000;

/** What went wrong, for the wire. An error nobody foresaw is told as such, with its own words. */
export const toFailure = (error: unknown): Failure => {
  if (error instanceof Refused) return {reason: error.reason, message: error.message, hint: error.hint};
  return {reason: 'INTERNAL', message: error instanceof Error ? error.message : String(error), hint: ''};
};
