import assert from 'node:assert/strict';
import {readFile} from 'node:fs/promises';
import {connect as connectHttp2} from 'node:http2';
import {connect as connectTcp, type Socket} from 'node:net';
import {after, before, test} from 'node:test';
import {setTimeout as delay} from 'node:timers/promises';
import {type ConnectionOptions, connect as connectTls} from 'node:tls';
import {Metadata, type ServiceError, status} from '@grpc/grpc-js';
import {AgentRefused, AgentUnreachable, type UnreachableCause} from '../../../controller/agents/errors.ts';
import {leafFor} from '../../../controller/pki/issue.ts';
import {TestPki, type TestTlsFiles} from '../../fixtures/pki.ts';
import {eventually, getStatus, TestServer} from '../../fixtures/pki-server.ts';

let pki: TestPki;
let otherPki: TestPki;
let server: TestServer;

before(async () => {
  pki = await TestPki.create('db10', 'db11');
  otherPki = await TestPki.create('db10');
  server = await TestServer.start('db10', pki.agent('db10'));
});

after(async () => {
  await server[Symbol.asyncDispose]();
  await pki[Symbol.asyncDispose]();
  await otherPki[Symbol.asyncDispose]();
});

const stillServes = async (): Promise<void> => {
  const agent = await server.connect('db10', pki.controller);
  try {
    assert.equal(await getStatus(agent), server.credentials.certificateNotAfterMs());
  } finally {
    agent.close();
  }
};

/** Calls GetStatus and tells what the operator would read. */
const failureWith = async (files: TestTlsFiles, host = 'db10', port = server.port) => {
  const agent = await server.connect(host, files, port);
  try {
    await getStatus(agent);
    return assert.fail('the call succeeded');
  } catch (error) {
    if (error instanceof assert.AssertionError) throw error;
    return await agent.diagnose(error as ServiceError);
  } finally {
    agent.close();
  }
};

const unreachable = async (why: UnreachableCause, files: TestTlsFiles, host?: string): Promise<AgentUnreachable> => {
  const failure = await failureWith(files, host);
  assert.ok(failure instanceof AgentUnreachable, String(failure));
  assert.equal(failure.why, why, failure.message);
  assert.notEqual(failure.hint, '');
  await stillServes();
  return failure;
};

test('the controller calls', stillServes);

test('a controller of another authority is told that the agent is not of its own', async () => {
  const failure = await unreachable('wrong_ca', otherPki.controller);
  assert.match(failure.message, /was not issued by the authority in .*ca\.crt/);
});

test('a controller that trusts us but whose certificate is of another authority is refused and told why', async () => {
  const {ca, crl} = pki.controller;
  const failure = await unreachable('own_certificate', {...otherPki.controller, ca, crl});
  assert.match(failure.message, /our own certificate .* was not issued by the authority/);
});

test('an expired controller certificate is refused and named', async () => {
  const failure = await unreachable('own_certificate', await pki.expired({kind: 'controller'}));
  assert.match(failure.message, /our own certificate .* expired on/);
});

test('a certificate that is not valid yet is refused and named', async () => {
  const early = await pki.issue({
    ...leafFor({kind: 'controller'}, 1),
    validity: {days: 2, notBefore: new Date(Date.now() + 86_400_000)},
  });
  assert.match((await unreachable('own_certificate', early)).message, /is not valid before/);
});

test("an agent's certificate is no client's", async () => {
  const failure = await unreachable('own_certificate', pki.agent('db11'));
  assert.match(failure.message, /is an agent's certificate/);
  const line = server.logged('connection refused');
  assert.equal(line?.peer, '127.0.0.1');
});

test('an agent role calls nothing, even with a certificate good for clients', async () => {
  const files = await pki.issue({...leafFor({kind: 'agent', host: 'db11'}, 1), usage: 'client'});
  const failure = await failureWith(files);
  assert.ok(failure instanceof AgentRefused, String(failure));
  assert.equal(failure.reason, 'FORBIDDEN');
});

test('a certificate with two roles has none', async () => {
  const request = leafFor({kind: 'controller'}, 1);
  const second = leafFor({kind: 'operator', name: 'bob'}, 1);
  const failure = await failureWith(await pki.issue({...request, altNames: [...request.altNames, ...second.altNames]}));
  assert.ok(failure instanceof AgentRefused, String(failure));
  assert.match(failure.message, /more than one role/);
});

test('the certificate of another host is refused by name', async () => {
  const failure = await unreachable('wrong_host', pki.controller, 'db11');
  assert.match(failure.message, /expected agent\/db11, found agent\/db10/);
  assert.match(failure.hint, /agent_address of db11/);
});

test('an operator looks but does not operate, and the refusal is logged with role, rpc and peer', async () => {
  const agent = await server.connect('db10', pki.operator);
  try {
    await getStatus(agent);
    const stream = agent.client.operate();
    const error = await new Promise<ServiceError>((resolve, reject) => {
      stream.on('error', resolve);
      stream.on('data', reject);
      stream.on('end', () => reject(new Error('the stream ended well')));
      stream.write({
        instruction: {
          $case: 'open',
          value: {
            cluster: 'c',
            operationId: '1',
            epoch: 1,
            deadlineMs: 1_000,
            port: 3306,
            purpose: '',
            expectedVips: [],
            takesOver: '',
          },
        },
      });
    });
    assert.equal(error.code, status.PERMISSION_DENIED);
    const refused = await agent.diagnose(error);
    assert.ok(refused instanceof AgentRefused, String(refused));
    assert.equal(refused.reason, 'FORBIDDEN');
    assert.match(refused.message, /operator\/alice may not call mha_helper\.v1\.Agent\/Operate/);
    const undo = await new Promise<ServiceError | null>(resolve =>
      agent.client.undo({cluster: 'c', operationId: '1', epoch: 1, deadlineMs: 1}, new Metadata(), resolve),
    );
    assert.equal(undo?.code, status.PERMISSION_DENIED);
  } finally {
    agent.close();
  }
  assert.equal(server.operations.opened, 0);
  const line = server.lines.find(({rpc, role}) => role === 'operator/alice' && String(rpc).endsWith('/Operate'));
  assert.equal(line?.level, 'warn');
  assert.match(String(line?.peer), /^127\.0\.0\.1:\d+$/);
});

/** Sends bytes on a fresh TCP connection and waits until the agent hangs up. */
const sendRaw = (port: number, bytes: Uint8Array | string): Promise<void> =>
  new Promise(resolve => {
    const socket: Socket = connectTcp(port, '127.0.0.1', () => socket.write(bytes));
    socket.on('data', () => {});
    socket.on('error', () => socket.destroy());
    socket.on('close', () => resolve());
  });

const garbage: readonly (readonly [string, Uint8Array | string])[] = [
  ['plain HTTP/1', 'GET / HTTP/1.1\r\nHost: db10\r\n\r\n'],
  ['plain HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0'],
  ['a MySQL greeting', Buffer.from('4a0000000a382e302e33', 'hex')],
  ['zeros', new Uint8Array(100_000)],
  ['a TLS record that is not a handshake', Buffer.from('1703030010deadbeefdeadbeefdeadbeefdeadbeef', 'hex')],
  ['a torn client hello', Buffer.from(`16030100ff010000fb0303${'ab'.repeat(244)}`, 'hex')],
];
for (const [name, bytes] of garbage) {
  test(`${name} on the port is dropped and the agent goes on`, {timeout: 15_000}, async () => {
    await sendRaw(server.port, bytes);
    await stillServes();
  });
}

test('connections that are reset at once do no harm', async () => {
  for (let round = 0; round < 20; round += 1) {
    await new Promise<void>(resolve => {
      const socket = connectTcp(server.port, '127.0.0.1', () => socket.resetAndDestroy());
      socket.on('error', () => {});
      socket.on('close', () => resolve());
    });
  }
  await stillServes();
});

test('connections beyond the limit are dropped, and the agent serves again when they are gone', async () => {
  const own = await TestServer.start('db10', pki.agent('db10'));
  const sockets: Socket[] = [];
  try {
    for (let index = 0; index < 300; index += 1) sockets.push(connectTcp(own.port, '127.0.0.1').on('error', () => {}));
    await eventually('limit logged', () => own.lines.some(({why}) => why === 'more than 256 connections'));
    for (const socket of sockets) socket.destroy();
    const agent = await own.connect('db10', pki.controller);
    const deadline = performance.now() + 3_000;
    const served = (): Promise<boolean> =>
      getStatus(agent).then(
        () => true,
        () => performance.now() > deadline,
      );
    while (!(await served())) await delay(50);
    await getStatus(agent);
    agent.close();
  } finally {
    await own[Symbol.asyncDispose]();
  }
});

test('a handshake that never ends is cut off', {timeout: 15_000}, async () => {
  const started = performance.now();
  await sendRaw(server.port, Buffer.from('160301', 'hex'));
  assert.ok(performance.now() - started < 10_000);
  await stillServes();
});

/** Resolves with what the agent sent before it hung up. */
const tlsSession = async (options: ConnectionOptions, send = ''): Promise<{received: Buffer; error?: Error}> => {
  const ca = await readFile(pki.controller.ca);
  return new Promise(resolve => {
    const received: Buffer[] = [];
    let failure: Error | undefined;
    const socket = connectTls({
      host: '127.0.0.1',
      port: server.port,
      ca,
      checkServerIdentity: () => undefined,
      ...options,
    });
    socket.on('secureConnect', () => socket.write(send));
    socket.on('data', data => received.push(data));
    socket.on('error', error => {
      failure = error;
    });
    socket.on('close', () =>
      resolve({received: Buffer.concat(received), ...(failure === undefined ? {} : {error: failure})}),
    );
  });
};

const clientPair = async (files: TestTlsFiles) => ({
  cert: await readFile(files.certificate),
  key: await readFile(files.key),
});

test('TLS 1.2 is refused', async () => {
  const {error, received} = await tlsSession({...(await clientPair(pki.controller)), maxVersion: 'TLSv1.2'});
  assert.equal((error as NodeJS.ErrnoException | undefined)?.code, 'ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION');
  assert.equal(received.length, 0);
  await stillServes();
});

test('no session is resumed: every connection shows its certificate anew', async () => {
  const pair = await clientPair(pki.controller);
  const ca = await readFile(pki.controller.ca);
  const attempt = (session?: Buffer) =>
    new Promise<{isReused: boolean; session: Buffer | undefined}>((resolve, reject) => {
      let ticket: Buffer | undefined;
      const socket = connectTls({
        host: '127.0.0.1',
        port: server.port,
        ca,
        ...pair,
        ALPNProtocols: ['h2'],
        checkServerIdentity: () => undefined,
        ...(session === undefined ? {} : {session}),
      });
      socket.on('session', given => {
        ticket = given;
      });
      socket.on('secureConnect', () => socket.write('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0'));
      // The agent's settings come after its session tickets, if it sends any.
      socket.on('data', () => {
        resolve({isReused: socket.isSessionReused(), session: ticket});
        socket.destroy();
      });
      socket.on('error', reject);
    });
  const {session} = await attempt();
  assert.equal((await attempt(session)).isReused, false);
  await stillServes();
});

test('TLS without a client certificate gets not a byte', async () => {
  const {received} = await tlsSession({ALPNProtocols: ['h2']}, 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');
  assert.equal(received.length, 0);
  await stillServes();
});

test('garbage inside TLS ends that connection only', {timeout: 15_000}, async () => {
  await tlsSession({...(await clientPair(pki.controller)), ALPNProtocols: ['h2']}, 'x'.repeat(10_000));
  await stillServes();
});

test('a client without HTTP/2 is sent away', {timeout: 15_000}, async () => {
  const {received} = await tlsSession(
    {...(await clientPair(pki.controller)), ALPNProtocols: ['http/1.1']},
    'GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n',
  );
  assert.doesNotMatch(received.toString(), /^HTTP\/1.1 2/);
  await stillServes();
});

test('HTTP/2 that is not gRPC is answered with an HTTP error', async () => {
  const session = connectHttp2(`https://127.0.0.1:${server.port}`, {
    ca: await readFile(pki.controller.ca),
    ...(await clientPair(pki.controller)),
    checkServerIdentity: () => undefined,
  });
  try {
    const code = await new Promise((resolve, reject) => {
      session.on('error', reject);
      session
        .request({':path': '/', ':method': 'GET'})
        .on('response', headers => resolve(headers[':status']))
        .resume();
    });
    assert.equal(code, 415);
  } finally {
    session.destroy();
  }
  await stillServes();
});

test('an oversized request is refused and the agent goes on', async () => {
  const agent = await server.connect('db10', pki.controller);
  try {
    const error = await new Promise<ServiceError | null>(resolve =>
      agent.client.getStatus({ports: [], cidrs: ['x'.repeat(300 * 1024)], brief: true, expectedVips: []}, resolve),
    );
    assert.equal(error?.code, status.RESOURCE_EXHAUSTED);
  } finally {
    agent.close();
  }
  await stillServes();
});

test('an agent whose own certificate has expired is named as such', async () => {
  const expired = await TestServer.start('db10', await pki.expired({kind: 'agent', host: 'db10'}));
  try {
    const failure = await failureWith(pki.controller, 'db10', expired.port);
    assert.ok(failure instanceof AgentUnreachable, String(failure));
    assert.equal(failure.why, 'agent_certificate');
    assert.match(failure.message, /certificate of the agent at 127\.0\.0\.1:\d+ has expired/);
    assert.ok(expired.lines.some(({message}) => String(message).includes('has expired')));
  } finally {
    await expired[Symbol.asyncDispose]();
  }
});
