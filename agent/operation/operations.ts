import type {FaultPoint} from '../../proto/fault-points.ts';
import type {OperationStatus, Undone} from '../../proto/gen/mha_helper/v1/agent.ts';
import type {Log} from '../log.ts';
import type {Instance} from '../mysql/instance.ts';
import type {Network} from '../network/network.ts';
import {Refused} from '../refusal.ts';
import {Background} from './background.ts';
import {readBootTime} from './boot.ts';
import type {Journal} from './journal.ts';
import {Operation} from './operation.ts';
import {isPending} from './pending-demotion.ts';
import {PendingDemotions} from './pending-demotions.ts';
import {putBack} from './put-back.ts';
import type {NewOperation, OperationRecord} from './record.ts';
import {inheritanceOf} from './take-over.ts';
import {describeChange} from './undo.ts';
import {undoable} from './undoable.ts';

export interface OperationsMeans {
  readonly instances: ReadonlyMap<number, Instance>;
  readonly network: Network;
  readonly journal: Journal;
  readonly log: Log;
  /** Where tests break the process; nothing in production. */
  readonly faultPoint: FaultPoint;
}

export interface OpenRequest {
  readonly id: string;
  readonly cluster: string;
  readonly epoch: number;
  readonly port: number;
  readonly purpose: string;
  readonly caller: string;
  readonly deadlineMs: number;
  /** The operation whose undo becomes this one's; empty: none. */
  readonly takesOver: string;
  readonly keepsWhenLost?: boolean | undefined;
}

/** All operations of this host: at most one open per instance, and none older than what the host has seen. */
export class Operations {
  readonly #means: OperationsMeans;
  readonly #holders = new Map<number, string>();
  readonly background: Background;
  /** What earlier failovers still want of a mysqld that did not answer. */
  readonly pendingDemotions: PendingDemotions;
  #tellPending = () => {};
  #tellDrained = () => {};

  constructor(means: OperationsMeans) {
    this.#means = means;
    this.background = new Background((port, holder) =>
      this.#holders.has(port) ? undefined : this.#hold(port, holder),
    );
    this.pendingDemotions = new PendingDemotions({...means, background: this.background});
  }

  /** Opens an operation; refuses with BUSY, STALE_EPOCH, NOT_ALLOWED or JOURNAL before anything is changed. */
  async open(request: OpenRequest): Promise<Operation> {
    const {journal, network, log, faultPoint} = this.#means;
    const instance = this.#instance(request.port);
    await this.background.interrupt(request.port);
    this.#refuseStale(request);
    const release = this.#hold(request.port, `${request.purpose} ${request.id} by ${request.caller}`);
    try {
      const inherited = inheritanceOf(journal, request);
      await this.#supersedePending(request, inherited?.id);
      const {takesOver: _, ...given} = request;
      const record: NewOperation = {...given, openedMs: Date.now(), ...(await readBootTime())};
      await journal.begin(record, inherited?.id);
      return new Operation(record, {instance, network, journal, log, faultPoint});
    } catch (error) {
      release();
      throw error;
    }
  }

  /** The operation is over, committed or undone: the instance is free for the next. */
  close(operation: Operation): void {
    this.#holders.delete(operation.record.port);
    if (this.hasPending() || this.pendingDemotions.areThere()) this.#tellPending();
    if (this.#holders.size === 0) this.#tellDrained();
  }

  /** Hears when something waits for another try: an undo, or a demotion. */
  onPending(listener: () => void): void {
    this.#tellPending = listener;
  }

  /** Resolves when no operation is open. */
  async drained(): Promise<void> {
    if (this.#holders.size === 0) return;
    await new Promise<void>(resolve => {
      this.#tellDrained = resolve;
    });
  }

  /** Undoes a committed operation while nothing came after it. Throws NOT_UNDOABLE, STALE_EPOCH or BUSY. */
  async undoCommitted(request: {
    readonly id: string;
    readonly cluster: string;
    readonly epoch: number;
  }): Promise<Undone> {
    const port = this.#means.journal.record(request.id)?.port;
    if (port !== undefined) await this.background.interrupt(port);
    this.#refuseStale(request);
    const record = undoable(this.#means.journal, request.id);
    if (record.state === 'undone') return {restored: [], failed: [], after: undefined};
    const release = this.#hold(record.port, `undo of ${record.purpose} ${record.id}`);
    try {
      return await this.#putBack(record, 'always');
    } finally {
      release();
    }
  }

  /**
   * Undoes what earlier streams, or an earlier life of this agent, left behind. Returns what could not be put back,
   * one line each. Instances with an open operation are left to it.
   */
  async recover(): Promise<string[]> {
    const failed: string[] = [];
    for (const record of this.#means.journal.records()) {
      const unfinished = record.state === 'open' || record.state === 'undo_pending';
      if (!unfinished || this.#holders.has(record.port)) continue;
      this.#means.log.warn('an unfinished operation is found', {operation: record.id, purpose: record.purpose});
      const undone = await this.#putBack(record, 'while_current');
      failed.push(...undone.failed.map(line => `${record.purpose} ${record.id}: not put back: ${line}`));
    }
    return failed;
  }

  /** True while something waits to be put back. */
  hasPending(): boolean {
    return this.#means.journal.records().some(record => record.state === 'undo_pending');
  }

  statuses(): OperationStatus[] {
    return this.#means.journal.records().map(record => ({
      operationId: record.id,
      cluster: record.cluster,
      port: record.port,
      epoch: record.epoch,
      purpose: record.purpose,
      state: record.state.toUpperCase(),
      changes: record.changes.map(describeChange),
      caller: record.caller,
      openedMs: record.openedMs,
      demotionPending: isPending(record),
    }));
  }

  async #putBack(record: OperationRecord, givingBack: 'always' | 'while_current'): Promise<Undone> {
    const {network, journal, log} = this.#means;
    return putBack(record, {instance: this.#instance(record.port), network, journal, log}, givingBack);
  }

  #instance(port: number): Instance {
    const instance = this.#means.instances.get(port);
    if (instance !== undefined) return instance;
    const known = [...this.#means.instances.keys()].join(', ');
    throw new Refused('NOT_ALLOWED', `this host has no instance on port ${port}; its agent.ini lists ${known}`, {
      hint: `add a section [instance:${port}] to agent.ini if mysqld runs there`,
    });
  }

  #refuseStale({cluster, epoch}: {readonly cluster: string; readonly epoch: number}): void {
    const highest = this.#means.journal.epoch(cluster);
    if (epoch >= highest) return;
    throw new Refused(
      'STALE_EPOCH',
      `failover ${epoch} of cluster ${cluster} is over: failover ${highest} has been here`,
      {
        hint: 'nothing to do if the newer failover is the one you want; else start a new one',
      },
    );
  }

  #hold(port: number, holder: string): () => void {
    const current = this.#holders.get(port);
    if (current !== undefined) {
      throw new Refused('BUSY', `another operation is open on port ${port}: ${current}`, {
        hint: 'wait until it has ended; it undoes itself when its controller is gone',
      });
    }
    this.#holders.set(port, holder);
    return () => this.#holders.delete(port);
  }

  /** A newer failover decides anew what this host should be: what an older one could not put back stays as it is. */
  async #supersedePending(request: OpenRequest, inherited: string | undefined): Promise<void> {
    const pending = this.#means.journal
      .records()
      .filter(({port, state, id}) => port === request.port && state === 'undo_pending' && id !== inherited);
    for (const record of pending) {
      if (record.epoch < request.epoch) await this.#means.journal.finish(record.id, 'given_up');
      else if ((await this.#putBack(record, 'while_current')).failed.length > 0) {
        throw new Refused('BUSY', `${record.purpose} ${record.id} is still not put back on port ${request.port}`, {
          hint: "see the agent's status for what could not be put back",
        });
      }
    }
  }
}
