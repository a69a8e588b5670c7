import assert from 'node:assert/strict';
import {readFile, writeFile} from 'node:fs/promises';
import {createServer, type Server, type Socket} from 'node:net';
import {after, before, test} from 'node:test';
import {createServer as createTlsServer} from 'node:tls';
import type {ServiceError} from '@grpc/grpc-js';
import {Metadata, status} from '@grpc/grpc-js';
import {type AgentAddress, connectAgent} from '../../../controller/agents/connect.ts';
import {clientCredentials} from '../../../controller/agents/credentials.ts';
import {AgentUnreachable, toAgentError, type UnreachableCause} from '../../../controller/agents/errors.ts';
import {hintKey, reasonKey} from '../../../proto/refusal.ts';
import {TestPki} from '../../fixtures/pki.ts';
import {getStatus, TestServer} from '../../fixtures/pki-server.ts';

let pki: TestPki;
let server: TestServer;

before(async () => {
  pki = await TestPki.create('db10', '10.99.0.1');
  server = await TestServer.start('db10', pki.agent('db10'));
});

after(async () => {
  await server[Symbol.asyncDispose]();
  await pki[Symbol.asyncDispose]();
});

const callAt = async (agent: AgentAddress, deadlineMs = 2_000): Promise<number> => {
  const connection = connectAgent(agent, await clientCredentials(pki.controller));
  try {
    return await getStatus(connection, deadlineMs).catch(async (error: ServiceError) => {
      throw await connection.diagnose(error);
    });
  } finally {
    connection.close();
  }
};

const expectUnreachable = async (agent: AgentAddress, why: UnreachableCause, deadlineMs?: number): Promise<void> => {
  const started = performance.now();
  await assert.rejects(callAt(agent, deadlineMs), (error: unknown) => {
    assert.ok(error instanceof AgentUnreachable, String(error));
    assert.equal(error.why, why, error.message);
    assert.equal(error.host, agent.host);
    assert.notEqual(error.hint, '');
    return true;
  });
  assert.ok(performance.now() - started < (deadlineMs ?? 2_000) + 2_000);
};

test('an agent is reached by address and by name, and known by its certificate only', async () => {
  const {port} = server;
  for (const address of ['127.0.0.1', 'localhost']) await callAt({host: 'db10', address, port});
  await callAt({host: 'DB10', address: '127.0.0.1', port});
});

test('a host whose section is an address is reached like any other', async () => {
  const own = await TestServer.start('10.99.0.1', pki.agent('10.99.0.1'));
  try {
    await callAt({host: '10.99.0.1', address: '127.0.0.1', port: own.port});
    await expectUnreachable({host: '10.99.0.2', address: '127.0.0.1', port: own.port}, 'wrong_host');
  } finally {
    await own[Symbol.asyncDispose]();
  }
});

test('proxies of the environment never carry our calls', async () => {
  const names = ['http_proxy', 'https_proxy', 'grpc_proxy'];
  const before = names.map(name => [name, process.env[name]] as const);
  for (const name of names) process.env[name] = 'http://127.0.0.1:1';
  try {
    await callAt({host: 'db10', address: '127.0.0.1', port: server.port});
    await callAt({host: 'db10', address: 'localhost', port: server.port});
  } finally {
    for (const [name, value] of before) {
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
  }
});

/** Something else on a port: does with each connection what the test says. */
const withListener = async (onConnection: (socket: Socket) => void, body: (port: number) => Promise<void>) => {
  const sockets = new Set<Socket>();
  const listener = createServer(socket => {
    sockets.add(socket);
    socket.on('error', () => {});
    onConnection(socket);
  });
  try {
    await body(await listenOn(listener));
  } finally {
    for (const socket of sockets) socket.destroy();
    await new Promise(resolve => listener.close(resolve));
  }
};

const listenOn = async (listener: Server): Promise<number> => {
  await new Promise<void>(resolve => listener.listen(0, '127.0.0.1', resolve));
  const address = listener.address();
  assert.ok(address !== null && typeof address === 'object');
  return address.port;
};

const at = (port: number): AgentAddress => ({host: 'db10', address: '127.0.0.1', port});

test('nobody listening is told at once', async () => {
  let free = 0;
  await withListener(
    () => {},
    async port => {
      free = port;
    },
  );
  await expectUnreachable(at(free), 'refused');
});

test('a name that does not resolve is told', async () => {
  await expectUnreachable({host: 'db10', address: 'no-such-host.invalid', port: 1}, 'name');
});

test('a program that accepts and says nothing costs the deadline and one second', async () => {
  await withListener(
    () => {},
    port => expectUnreachable(at(port), 'silent', 500),
  );
});

test('a program that hangs up at once is told', async () => {
  await withListener(
    socket => socket.end(),
    port => expectUnreachable(at(port), 'not_an_agent'),
  );
});

test('a mysqld on the port is no agent', async () => {
  await withListener(
    socket => socket.end(Buffer.from('4a0000000a382e302e33', 'hex')),
    port => expectUnreachable(at(port), 'not_an_agent'),
  );
});

test('a server of our authority that speaks TLS 1.2 only is no agent', async () => {
  const {certificate, key} = pki.agent('db10');
  const old = createTlsServer({cert: await readFile(certificate), key: await readFile(key), maxVersion: 'TLSv1.2'});
  old.on('tlsClientError', () => {});
  try {
    await expectUnreachable(at(await listenOn(old)), 'not_an_agent');
  } finally {
    await new Promise(resolve => old.close(resolve));
  }
});

test("the controller's own unusable files are named before anything is sent", async () => {
  const {controller, operator, dir} = pki;
  const missing = clientCredentials({...controller, certificate: `${dir}/none.crt`});
  await assert.rejects(missing, {name: 'CredentialsInvalid', message: /cannot read .*none\.crt/});
  await assert.rejects(clientCredentials({...controller, key: operator.key}), {name: 'CredentialsInvalid'});
  await writeFile(`${dir}/torn.crt`, 'torn');
  await assert.rejects(clientCredentials({...controller, ca: `${dir}/torn.crt`}), {name: 'CredentialsInvalid'});
});

test('a refusal keeps its reason, sentence and hint', () => {
  const metadata = new Metadata();
  metadata.set(reasonKey, 'BUSY');
  metadata.set(hintKey, encodeURIComponent('wait — then try again'));
  const error = Object.assign(new Error('x'), {
    code: status.FAILED_PRECONDITION,
    details: 'somebody is here',
    metadata,
  });
  assert.deepEqual(
    {...toAgentError('db10', error)},
    {...toAgentError('db10', error), name: 'AgentRefused', reason: 'BUSY', hint: 'wait — then try again', notes: []},
  );
  assert.equal(toAgentError('db10', error).message, 'agent on db10: somebody is here');
});
