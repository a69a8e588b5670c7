import {
  Metadata,
  type MethodDefinition,
  type Server,
  ServerInterceptingCall,
  type ServerInterceptingCallInterface,
  type ServerInterceptor,
  type ServiceDefinition,
  status,
  type UntypedServiceImplementation,
} from '@grpc/grpc-js';

type Method = MethodDefinition<unknown, unknown>;
type Handler = (...args: readonly unknown[]) => void;

/** What is known of a method before its library is there. */
export interface LazyMethod {
  readonly path: string;
  readonly requestStream: boolean;
  readonly responseStream: boolean;
}

/** Where a library puts its services, as if it were the server. */
export type ServiceTarget = Pick<Server, 'addService'>;

export interface LazyServices {
  readonly definition: ServiceDefinition;
  readonly implementation: UntypedServiceImplementation;
  /** Must be among the server's: holds a call back until the library is there. */
  readonly interceptor: ServerInterceptor;
}

/**
 * Services of a library that is loaded with the first call of one of them. What only a person with a tool asks for
 * must not cost every host its memory.
 */
export const lazyServices = (
  methods: readonly LazyMethod[],
  load: (target: ServiceTarget) => Promise<void>,
): LazyServices => {
  const loaded = new Map<string, {readonly method: Method; readonly handler: Handler}>();
  let loading: Promise<void> | undefined;
  const at = (path: string) => {
    const found = loaded.get(path);
    if (found === undefined) throw new Error(`${path} is not served`);
    return found;
  };
  const target = {addService: collectInto(loaded)} as ServiceTarget;
  const ready = (): Promise<void> => {
    loading ??= load(target);
    return loading;
  };
  return {
    definition: Object.fromEntries(methods.map(method => [method.path, throughLoaded(method, at)])),
    implementation: Object.fromEntries(
      methods.map(({path}) => [path, (...args: readonly unknown[]) => at(path).handler(...args)]),
    ),
    interceptor: ({path}, call) =>
      methods.some(method => method.path === path) ? holdBack(call, ready) : new ServerInterceptingCall(call),
  };
};

const collectInto =
  (loaded: Map<string, {readonly method: Method; readonly handler: Handler}>) =>
  (service: ServiceDefinition, implementation: UntypedServiceImplementation): void => {
    for (const [name, method] of Object.entries(service)) {
      const handler: unknown = implementation[name] ?? implementation[method.originalName ?? ''];
      if (typeof handler === 'function') loaded.set(method.path, {method, handler: handler.bind(implementation)});
    }
  };

const throughLoaded = (method: LazyMethod, at: (path: string) => {readonly method: Method}): Method => ({
  ...method,
  requestSerialize: value => at(method.path).method.requestSerialize(value),
  requestDeserialize: bytes => at(method.path).method.requestDeserialize(bytes),
  responseSerialize: value => at(method.path).method.responseSerialize(value),
  responseDeserialize: bytes => at(method.path).method.responseDeserialize(bytes),
});

const holdBack = (call: ServerInterceptingCallInterface, ready: () => Promise<void>): ServerInterceptingCall =>
  new ServerInterceptingCall(call, {
    start: next =>
      next({
        onReceiveMetadata: (metadata, proceed) => {
          const fail = (error: unknown) =>
            call.sendStatus({code: status.UNAVAILABLE, details: (error as Error).message, metadata: new Metadata()});
          ready().then(() => proceed(metadata), fail);
        },
      }),
  });
