import {randomUUID} from 'node:crypto';
import type {FaultPoint} from '../../proto/fault-points.ts';
import type {Vip} from '../../proto/gen/mha_helper/v1/agent.ts';
import type {RemoteOperation} from '../agents/remote-operation.ts';
import type {Entry} from '../record/entry.ts';
import type {CloudChange, VipHost} from '../vip/provider.ts';
import {HostStates} from './host-states.ts';
import type {Party} from './move.ts';

/** Tells the person who reads MHA's log. */
export type Tell = (line: string) => void;

export interface RunOptions {
  readonly cluster: string;
  readonly epoch: number;
  /** What this phase is, for people: "online stop". */
  readonly purpose: string;
  /** Monotonic time (performance.now) after which nothing new is begun. */
  readonly deadline: number;
  readonly tell: Tell;
  readonly faultPoint: FaultPoint;
  /** As in the plan. Default: agents that lose us undo. */
  readonly agentsKeep?: boolean | undefined;
  /** Adds a line to the failover record. */
  readonly record: (entry: Entry) => void;
  /** Resolves when the failover record is on disk as far as it was written. */
  readonly recorded: () => Promise<void>;
}

/** A change at a cloud's API, and what undoes it. */
export interface RegisteredChange extends CloudChange {
  readonly undo: (signal: AbortSignal) => Promise<unknown>;
}

/** One phase while it runs: the operations it has opened, newest last, and its deadline. */
export class FailoverRun {
  readonly options: RunOptions;
  readonly states = new HostStates();
  readonly #operations = new Map<string, RemoteOperation>();
  readonly #cloudChanges: RegisteredChange[] = [];

  constructor(options: RunOptions) {
    this.options = options;
  }

  /** Time left, in milliseconds; never below zero. */
  get leftMs(): number {
    return Math.max(0, Math.round(this.options.deadline - performance.now()));
  }

  /** Opened operations, oldest first. */
  get operations(): readonly RemoteOperation[] {
    return [...this.#operations.values()];
  }

  /** Changes at a cloud's API that were made, or may have been, oldest first. */
  get cloudChanges(): readonly RegisteredChange[] {
    return this.#cloudChanges;
  }

  /** The operation on this host, opened when first asked for. */
  async operationOn(
    {config, agent}: Party,
    {expectedVips = [], takesOver = ''}: {readonly expectedVips?: Vip[]; readonly takesOver?: string} = {},
  ): Promise<RemoteOperation> {
    const key = `${config.name}:${config.port}`;
    const known = this.#operations.get(key);
    if (known !== undefined) return known;
    const {cluster, epoch, purpose, agentsKeep} = this.options;
    const open = {
      cluster,
      epoch,
      purpose,
      operationId: randomUUID(),
      deadlineMs: this.leftMs,
      port: config.port,
      expectedVips,
      takesOver,
      ...(agentsKeep === true ? {keepsWhenLost: true} : {}),
    };
    const operation = await agent.operate(open, result => this.states.hear(key, result));
    this.#operations.set(key, operation);
    this.options.record({type: 'operation', host: operation.host, port: operation.port, operationId: operation.id});
    return operation;
  }

  /** The operation on this host, if one was opened. */
  openedOn({config}: Party): RemoteOperation | undefined {
    return this.#operations.get(`${config.name}:${config.port}`);
  }

  /** Progress of one host, as a line of its own. */
  progressOf(party: Party): (text: string) => void {
    return text => this.options.tell(`    ${party.config.name}: ${text}`);
  }

  /** The host as a VIP provider sees it. */
  vipHost(party: Party, {mayTakeFrom = []}: {readonly mayTakeFrom?: readonly Party[]} = {}): VipHost {
    return {
      config: party.config,
      intent: async instruction => (await this.operationOn(party)).intent(instruction, this.progressOf(party)),
      leftMs: this.leftMs,
      mayTakeFrom: mayTakeFrom.map(({config}) => config.name),
      willChange: (change, undo) => this.#willChange({...change, undo}),
    };
  }

  /** The record has it before it happens: whoever comes after a crash knows what to put back. */
  #willChange(change: RegisteredChange): Promise<void> {
    this.#cloudChanges.push(change);
    this.options.record({type: 'vip_change', host: change.host, verb: change.verb});
    return this.options.recorded();
  }
}
