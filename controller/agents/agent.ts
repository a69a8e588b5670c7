import type {CallOptions, ServiceError} from '@grpc/grpc-js';
import {Metadata} from '@grpc/grpc-js';
import type {
  AgentClient,
  GetStatusRequest,
  GetStatusResponse,
  Open,
  ProbeRequest,
  ProbeResponse,
  Result,
  Undone,
} from '../../proto/gen/mha_helper/v1/agent.ts';
import {toAgentError} from './errors.ts';
import {RemoteOperation} from './remote-operation.ts';

/** One host's agent, as the controller sees it. Every call has a deadline; every failure is an AgentUnreachable or an AgentRefused. */
export class Agent {
  readonly host: string;
  readonly #client: AgentClient;
  readonly #diagnose: (error: ServiceError) => Promise<Error>;

  constructor({
    host,
    client,
    diagnose,
  }: {
    readonly host: string;
    readonly client: AgentClient;
    readonly diagnose?: (error: ServiceError) => Promise<Error>;
  }) {
    this.host = host;
    this.#client = client;
    this.#diagnose = diagnose ?? (async error => toAgentError(host, error));
  }

  getStatus(request: Partial<GetStatusRequest>, bound: Bound): Promise<GetStatusResponse> {
    const whole = {ports: [], cidrs: [], brief: true, expectedVips: [], holderMacs: [], ...request};
    return this.#call<GetStatusResponse>(bound, (options, done) =>
      this.#client.getStatus(whole, new Metadata(), options, done),
    );
  }

  probe(request: ProbeRequest, bound: Bound): Promise<ProbeResponse> {
    return this.#call<ProbeResponse>(bound, (options, done) =>
      this.#client.probe(request, new Metadata(), options, done),
    );
  }

  /** Undoes a committed operation. */
  async undo(request: {cluster: string; operationId: string; epoch: number}, bound: Bound): Promise<Undone> {
    const whole = {...request, deadlineMs: Math.max(0, Math.round(bound.deadlineMs))}; // whole milliseconds on the wire
    const response = await this.#call<{undone: Undone | undefined}>(bound, (options, done) =>
      this.#client.undo(whole, new Metadata(), options, done),
    );
    return response.undone ?? {restored: [], failed: [], after: undefined};
  }

  /** Opens an operation: resolves when the agent has accepted it, with the state before anything changes. */
  async operate(open: Open, onResult?: (result: Result) => void): Promise<RemoteOperation> {
    const stream = this.#client.operate(new Metadata(), {deadline: Date.now() + open.deadlineMs + streamSlackMs});
    return RemoteOperation.open({stream, open, agent: this, toError: this.#diagnose, onResult});
  }

  /** Makes a stream as an operation needs it, and ends it without one: the first takes milliseconds longer. Never rejects. */
  warmUp({deadlineMs}: Bound): Promise<void> {
    return new Promise(resolve => {
      const stream = this.#client.operate(new Metadata(), {deadline: Date.now() + deadlineMs});
      stream.on('error', () => {}); // 'status' comes as well
      stream.on('status', () => resolve());
      stream.resume().end();
    });
  }

  close(): void {
    this.#client.close();
  }

  #call<Response>(
    {deadlineMs}: Bound,
    start: (options: CallOptions, done: (error: ServiceError | null, response: Response) => void) => void,
  ): Promise<Response> {
    return new Promise((resolve, reject) => {
      start({deadline: Date.now() + deadlineMs}, (error, response) => {
        if (error === null) resolve(response);
        else this.#diagnose(error).then(reject, reject);
      });
    });
  }
}

/** How long a call may take. */
export interface Bound {
  readonly deadlineMs: number;
}

/** The stream outlives the operation's own deadline by this much, so that the agent's account of its undo still arrives. */
const streamSlackMs = 15_000;
