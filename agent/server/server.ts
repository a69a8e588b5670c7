import {Server, ServerCredentials, type ServiceDefinition, type UntypedServiceImplementation} from '@grpc/grpc-js';
import type {AgentConfig} from '../config/agent-config.ts';
import type {Log} from '../log.ts';
import {askItself} from './ask-itself.ts';
import {authorize} from './authorize.ts';
import type {AgentCredentials} from './credentials.ts';
import {healthService} from './health.ts';
import {listen} from './listen.ts';
import {reflectionServices} from './reflection.ts';
import {type EndedCall, timeCalls} from './time-calls.ts';

export interface Service {
  readonly definition: ServiceDefinition;
  readonly implementation: UntypedServiceImplementation;
}

export interface ServerOptions {
  readonly config: Pick<AgentConfig, 'listen'>;
  readonly log: Log;
  /** From `watchCredentials`; the caller closes them after `stop`. */
  readonly credentials: AgentCredentials;
  readonly services: readonly Service[];
  /** Hears of every call when it is over. */
  readonly callEnded?: ((call: EndedCall) => void) | undefined;
}

export interface RunningServer {
  readonly address: string;
  readonly port: number;
  /** Resolves when the server has answered a call of our own; rejects when it has not within so many milliseconds. */
  answers(withinMs: number): Promise<void>;
  /** Takes no new calls and lets running ones finish for at most `graceMs` (default 2 s), then ends them. */
  stop(graceMs?: number): Promise<void>;
}

/**
 * Serves the given services plus health and reflection, over mutual TLS 1.3, to roles that may call them. Whatever
 * else connects is dropped and the server goes on.
 */
export const startServer = async ({
  config,
  log,
  credentials,
  services,
  callEnded,
}: ServerOptions): Promise<RunningServer> => {
  const [health, reflection] = [healthService(), reflectionServices()];
  const interceptors = [
    ...(callEnded === undefined ? [] : [timeCalls(callEnded)]),
    authorize({log, isRevoked: credentials.isRevoked}),
    health.interceptor,
    reflection.interceptor,
  ];
  const server = new Server({...limits, interceptors});
  for (const {definition, implementation} of [...services, health, reflection])
    server.addService(definition, implementation);

  // The listener has done TLS, where a refused handshake can be seen and logged; gRPC gets finished connections.
  const injector = server.createConnectionInjector(ServerCredentials.createInsecure());
  const listener = await listen({
    ...config.listen,
    credentials,
    maxConnections: 256,
    log,
    accept: socket => injector.injectConnection(socket),
  });
  log.info('serving', {address: listener.address, port: listener.port});
  return {
    address: listener.address,
    port: listener.port,
    answers: withinMs => askItself(connection => injector.injectConnection(connection), withinMs),
    stop: async (graceMs = 2_000) => {
      listener.close();
      health.setStatus('NOT_SERVING');
      injector.drain(graceMs);
      await shutDown(server, graceMs);
      listener.destroyAll();
    },
  };
};

/** A vanished controller must be noticed within about three seconds, so that its operation is undone. */
const limits = {
  'grpc.keepalive_time_ms': 1_000,
  'grpc.keepalive_timeout_ms': 2_000,
  'grpc.max_receive_message_length': 256 * 1024,
  'grpc.max_concurrent_streams': 64,
  'grpc-node.max_session_memory': 10,
  'grpc.enable_channelz': 0,
} as const;

/** Graceful as far as the grace goes. */
const shutDown = async (server: Server, graceMs: number): Promise<void> => {
  const finished = new Promise<void>(resolve => server.tryShutdown(() => resolve()));
  let timer: NodeJS.Timeout | undefined;
  await Promise.race([finished, new Promise<void>(resolve => (timer = setTimeout(resolve, graceMs)))]);
  clearTimeout(timer);
  server.forceShutdown();
};
