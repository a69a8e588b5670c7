import assert from 'node:assert/strict';
import {connect, createServer, type Server, type Socket} from 'node:net';
import {dirname, join} from 'node:path';
import {after, before, test} from 'node:test';
import {setTimeout as delay} from 'node:timers/promises';
import {fileURLToPath} from 'node:url';
import {ChannelCredentials, type Client, loadPackageDefinition, type ServiceError, status} from '@grpc/grpc-js';
import {loadSync} from '@grpc/proto-loader';
import {protoPath as healthProto} from 'grpc-health-check';
import {clientCredentials, demandAgent, serverName} from '../../../controller/agents/credentials.ts';
import type {OperateRequest} from '../../../proto/gen/mha_helper/v1/agent.ts';
import {TestPki, type TestTlsFiles} from '../../fixtures/pki.ts';
import {eventually, getStatus, TestServer} from '../../fixtures/pki-server.ts';

let pki: TestPki;
let server: TestServer;

before(async () => {
  pki = await TestPki.create('db10');
  server = await TestServer.start('db10', pki.agent('db10'));
});

after(async () => {
  await server[Symbol.asyncDispose]();
  await pki[Symbol.asyncDispose]();
});

const opening: OperateRequest = {
  instruction: {
    $case: 'open',
    value: {
      cluster: 'c',
      operationId: '1',
      epoch: 1,
      deadlineMs: 60_000,
      port: 3306,
      purpose: '',
      expectedVips: [],
      takesOver: '',
    },
  },
};

const node = {enums: String, defaults: true} as const;
const reflectionProto = join(
  dirname(fileURLToPath(import.meta.resolve('@grpc/reflection'))),
  '../proto/grpc/reflection/v1/reflection.proto',
);

/** A client made from a .proto file, as grpcurl and health probes are. */
const genericClient = async (file: string, service: string, files: TestTlsFiles): Promise<Client> => {
  const [root, ...path] = service.split('.');
  // biome-ignore lint/suspicious/noExplicitAny: the package definition is a tree of unknown depth
  const make = path.reduce<any>((at, name) => at[name], loadPackageDefinition(loadSync(file, node))[root ?? '']);
  const {context} = await clientCredentials(files);
  const credentials = ChannelCredentials.createFromSecureContext(context, {checkServerIdentity: demandAgent('db10')});
  return new make(`127.0.0.1:${server.port}`, credentials, {'grpc.ssl_target_name_override': serverName});
};

const call = (client: Client, method: string, request: object): Promise<unknown> =>
  new Promise((resolve, reject) => {
    const rpc: unknown = Reflect.get(client, method);
    assert.ok(typeof rpc === 'function');
    rpc.call(client, request, (error: ServiceError | null, answer: unknown) =>
      error ? reject(error) : resolve(answer),
    );
  });

test('an operator asks for health', async () => {
  const client = await genericClient(healthProto, 'grpc.health.v1.Health', pki.operator);
  try {
    for (const service of ['', 'mha_helper.v1.Agent']) {
      assert.deepEqual(await call(client, 'Check', {service}), {status: 'SERVING'});
    }
    await assert.rejects(call(client, 'Check', {service: 'x'}), {code: status.NOT_FOUND});
  } finally {
    client.close();
  }
});

test('health is for roles that may ask only', async () => {
  const files = await pki.issue({
    commonName: 'nobody',
    altNames: [{type: 'dns', value: 'x'}],
    usage: 'client',
    validity: {days: 1},
  });
  const client = await genericClient(healthProto, 'grpc.health.v1.Health', files);
  try {
    await assert.rejects(call(client, 'Check', {service: ''}), {code: status.PERMISSION_DENIED});
  } finally {
    client.close();
  }
});

test('reflection names our service, its messages and health', async () => {
  const client = await genericClient(reflectionProto, 'grpc.reflection.v1.ServerReflection', pki.operator);
  try {
    const answers = await reflect(client, {listServices: '*'}, {fileContainingSymbol: 'mha_helper.v1.Demote'});
    const [services, file] = answers;
    assert.deepEqual(services?.listServicesResponse?.service.map(({name}) => name).sort(), [
      'grpc.health.v1.Health',
      'mha_helper.v1.Agent',
    ]);
    assert.ok((file?.fileDescriptorResponse?.fileDescriptorProto.length ?? 0) > 0);
  } finally {
    client.close();
  }
});

interface ReflectionAnswer {
  readonly listServicesResponse?: {readonly service: readonly {readonly name: string}[]};
  readonly fileDescriptorResponse?: {readonly fileDescriptorProto: readonly Buffer[]};
}

const reflect = (client: Client, ...requests: readonly object[]): Promise<ReflectionAnswer[]> =>
  new Promise((resolve, reject) => {
    const open: unknown = Reflect.get(client, 'ServerReflectionInfo');
    assert.ok(typeof open === 'function');
    const stream = open.call(client);
    const answers: ReflectionAnswer[] = [];
    stream.on('data', (answer: ReflectionAnswer) => answers.push(answer));
    stream.on('error', reject);
    stream.on('end', () => resolve(answers));
    for (const request of requests) stream.write(request);
    stream.end();
  });

/** A TCP relay that can stop passing anything on without closing: a network cut. */
class CuttableRelay implements AsyncDisposable {
  readonly #sockets = new Set<Socket>();
  readonly #server: Server;

  private constructor(relay: Server) {
    this.#server = relay;
  }

  static async to(port: number): Promise<CuttableRelay> {
    const listening = createServer();
    const relay = new CuttableRelay(listening);
    listening.on('connection', inner => {
      const outer = connect(port, '127.0.0.1');
      for (const socket of [inner, outer]) {
        relay.#sockets.add(socket);
        socket.on('error', () => {});
      }
      inner.pipe(outer);
      outer.pipe(inner);
    });
    await new Promise<void>(resolve => listening.listen(0, '127.0.0.1', resolve));
    return relay;
  }

  get port(): number {
    const address = this.#server.address();
    assert.ok(address !== null && typeof address === 'object');
    return address.port;
  }

  cut(): void {
    for (const socket of this.#sockets) {
      socket.unpipe();
      socket.pause();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise(resolve => this.#server.close(resolve));
  }
}

test('a controller that vanishes without closing its connection ends its stream within five seconds', async () => {
  await using relay = await CuttableRelay.to(server.port);
  const agent = await server.connect('db10', pki.controller, relay.port);
  const stream = agent.client.operate();
  const failed = new Promise<ServiceError>(resolve => stream.on('error', resolve));
  await new Promise(resolve => {
    stream.on('data', resolve);
    stream.write(opening);
  });
  server.operations.cancelledAt = undefined;
  relay.cut();
  const cutAt = performance.now();
  await eventually('stream cancelled', () => server.operations.cancelledAt !== undefined);
  const {cancelledAt} = server.operations;
  assert.ok(cancelledAt !== undefined && cancelledAt - cutAt < 4_000);
  // The controller notices as well, and does not wait for its deadline.
  assert.equal((await agent.diagnose(await failed)).name, 'AgentUnreachable');
  assert.ok(performance.now() - cutAt < 6_000);
  agent.close();
});

test('an idle stream lives on while its controller does', async () => {
  const agent = await server.connect('db10', pki.controller);
  const stream = agent.client.operate();
  let answers = 0;
  stream.on('error', () => {});
  stream.on('data', () => {
    answers += 1;
  });
  stream.write(opening);
  await eventually('first answer', () => answers === 1);
  await delay(4_000); // longer than ping and its answer may take together
  stream.write(opening);
  await eventually('second answer', () => answers === 2);
  stream.cancel();
  agent.close();
});

test('a stopping server lets a running call finish, then ends what is left', async () => {
  const own = await TestServer.start('db10', pki.agent('db10'));
  const agent = await own.connect('db10', pki.controller);
  const stream = agent.client.operate();
  const ended = new Promise<void>(resolve => {
    stream.on('error', () => resolve());
    stream.on('end', resolve);
  });
  await new Promise(resolve => {
    stream.on('data', resolve);
    stream.write(opening);
  });
  await own[Symbol.asyncDispose]();
  await ended;
  assert.notEqual(own.operations.cancelledAt, undefined);
  const again = await own.connect('db10', pki.controller);
  const failure = await getStatus(again).then(
    () => assert.fail('the call succeeded'),
    error => again.diagnose(error),
  );
  assert.match(failure.message, /nobody listens on 127\.0\.0\.1:\d+/);
  agent.close();
  again.close();
});

test('a second server on the same port fails to start', async () => {
  const {startServer} = await import('../../../agent/server/server.ts');
  const {createLog} = await import('../../../agent/log.ts');
  await assert.rejects(
    startServer({
      config: {listen: {address: '127.0.0.1', port: server.port}},
      log: createLog(() => {}),
      credentials: server.credentials,
      services: [],
    }),
    {code: 'EADDRINUSE'},
  );
});
