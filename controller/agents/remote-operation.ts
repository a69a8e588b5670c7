import {setTimeout as setTimeoutPromise} from 'node:timers/promises';
import {type ClientDuplexStream, type ServiceError, type StatusObject, status} from '@grpc/grpc-js';
import type {Open, OperateRequest, OperateResponse, Result, Undone} from '../../proto/gen/mha_helper/v1/agent.ts';
import type {RefusalReason} from '../../proto/refusal.ts';
import type {Agent} from './agent.ts';
import {AgentRefused, noAnswer} from './errors.ts';

type Stream = ClientDuplexStream<OperateRequest, OperateResponse>;
export type Instruction = NonNullable<OperateRequest['instruction']>;

interface Means {
  readonly stream: Stream;
  readonly open: Open;
  readonly agent: Agent;
  /** Hears every result, failed ones too: they carry the host's state. */
  readonly onResult?: ((result: Result) => void) | undefined;
  readonly toError: (error: ServiceError) => Promise<Error>;
}

/** How long an agent may take to give the account of its undo. */
const undoBoundMs = 12_000;
const askAgainMs = 250;

/** One operation on one host, over its stream. While it is not committed, losing the stream undoes it. */
export class RemoteOperation {
  readonly id: string;
  readonly host: string;
  readonly port: number;
  readonly #means: Means;
  #state: 'open' | 'committed' | 'ended' = 'open';
  #lost: Error | undefined;
  #undone: Undone | undefined;
  /** Who waits for the next result, and who hears the progress meanwhile. */
  #waiting:
    | {resolve: (result: Result) => void; reject: (error: Error) => void; progress: (text: string) => void}
    | undefined;
  readonly #ended: Promise<void>;
  #resolveEnded = () => {};

  private constructor(means: Means) {
    this.id = means.open.operationId;
    this.host = means.agent.host;
    this.port = means.open.port;
    this.#means = means;
    this.#ended = new Promise(resolve => {
      this.#resolveEnded = resolve;
    });
    means.stream.on('data', (response: OperateResponse) => this.#hear(response.event));
    means.stream.on('error', (error: ServiceError) => {
      means.toError(error).then(
        explained => this.#end(explained),
        () => this.#end(error),
      );
    });
    // 'end' comes before an error as well, and would leave nothing to tell but that the stream has ended
    means.stream.on('status', ({code}: StatusObject) => {
      if (code === status.OK) this.#end(undefined);
    });
  }

  static async open(means: Means): Promise<RemoteOperation> {
    const operation = new RemoteOperation(means);
    // The stream lives longer than the operation; an agent that does not even accept it must not have that time as well.
    const timer = setTimeout(() => operation.#giveUp(), means.open.deadlineMs);
    try {
      await operation.#ask({$case: 'open', value: means.open}, () => {});
    } finally {
      clearTimeout(timer);
    }
    return operation;
  }

  get isCommitted(): boolean {
    return this.#state === 'committed';
  }

  /** Sends one intent and waits for its result; a failed intent is an AgentRefused and leaves the operation open. */
  async intent(instruction: Instruction, progress: (text: string) => void): Promise<Result> {
    const result = await this.#ask(instruction, progress);
    if (result.failure === undefined) return result;
    const {reason, message, hint} = result.failure;
    const {notes, demotionPending: isPending} = result;
    throw new AgentRefused(this.host, {reason: reason as RefusalReason, message, hint, notes, isPending});
  }

  async commit(): Promise<void> {
    const result = await this.#ask({$case: 'commit', value: {}}, () => {});
    if (result.failure !== undefined)
      throw new AgentRefused(this.host, {...result.failure, reason: result.failure.reason as RefusalReason});
    this.#state = 'committed';
    this.#means.stream.end();
  }

  /**
   * Undoes: an open operation by ending its stream, a committed one by asking for it. Where the stream broke, the
   * agent undoes by itself as soon as it notices; asking it again then gives its account. Throws when it gives none.
   */
  async undo(): Promise<Undone> {
    const {stream} = this.#means;
    if (this.#state === 'open') {
      stream.end();
      const timer = setTimeout(() => stream.cancel(), undoBoundMs);
      await this.#ended;
      clearTimeout(timer);
    }
    if (this.#undone !== undefined) return this.#undone;
    return this.#askForUndo(performance.now() + undoBoundMs);
  }

  async #askForUndo(deadline: number): Promise<Undone> {
    const {agent, open} = this.#means;
    const {cluster, operationId, epoch} = open;
    for (;;) {
      const deadlineMs = deadline - performance.now();
      try {
        return await agent.undo({cluster, operationId, epoch}, {deadlineMs});
      } catch (error) {
        const mayChange = !(error instanceof AgentRefused) || error.reason === 'BUSY';
        if (!mayChange || deadline - performance.now() < askAgainMs) throw error;
        await setTimeoutPromise(askAgainMs); // it has not noticed yet that the stream is gone, or is still undoing
      }
    }
  }

  #ask(instruction: Instruction, progress: (text: string) => void): Promise<Result> {
    return new Promise((resolve, reject) => {
      if (this.#lost !== undefined) return reject(this.#lost);
      this.#waiting = {resolve, reject, progress};
      this.#means.stream.write({instruction});
    });
  }

  #hear(event: OperateResponse['event']): void {
    if (event?.$case === 'progress') this.#waiting?.progress(event.value.text);
    else if (event?.$case === 'undone') this.#undone = event.value;
    else if (event?.$case === 'result') {
      const waiting = this.#waiting;
      this.#waiting = undefined;
      this.#means.onResult?.(event.value);
      waiting?.resolve(event.value);
    }
  }

  #giveUp(): void {
    this.#end(noAnswer(this.host));
    this.#means.stream.cancel();
  }

  #end(error: Error | undefined): void {
    this.#lost = error ?? new Error(`${this.host} ended the operation`);
    if (this.#state === 'open') this.#state = 'ended';
    this.#waiting?.reject(this.#lost);
    this.#waiting = undefined;
    this.#resolveEnded();
  }
}
