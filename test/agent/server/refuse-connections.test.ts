import assert from 'node:assert/strict';
import {readFile} from 'node:fs/promises';
import {connect as connectHttp2} from 'node:http2';
import {connect as connectTcp, type Socket} from 'node:net';
import {after, before, test} from 'node:test';
import {setTimeout as delay} from 'node:timers/promises';
import {type ConnectionOptions, connect as connectTls} from 'node:tls';
import {type ServiceError, status} from '@grpc/grpc-js';
import type {TestPki, TestTlsFiles} from '../../fixtures/pki.ts';
import {eventually, getStatus, TestServer} from '../../fixtures/pki-server.ts';
import {servedAgent} from './served-agent.ts';

const {start, stop, stillServes} = servedAgent();
let pki: TestPki;
let server: TestServer;

before(async () => {
  ({pki, server} = await start());
});

after(stop);

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
      agent.client.getStatus(
        {ports: [], cidrs: ['x'.repeat(300 * 1024)], brief: true, expectedVips: [], holderMacs: []},
        resolve,
      ),
    );
    assert.equal(error?.code, status.RESOURCE_EXHAUSTED);
  } finally {
    agent.close();
  }
  await stillServes();
});
