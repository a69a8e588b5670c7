import assert from 'node:assert/strict';
import {type AddressInfo, createServer, type Socket} from 'node:net';
import {type TestContext, test} from 'node:test';
import {probeInstance} from '../../../agent/network/probe-instance.ts';

const signal = new AbortController().signal;

const packet = (payload: Buffer, sequence = 0): Buffer => {
  const header = Buffer.alloc(4);
  header.writeUIntLE(payload.length, 0, 3);
  header[3] = sequence;
  return Buffer.concat([header, payload]);
};

const greeting = packet(Buffer.concat([Buffer.from([10]), Buffer.from('10.11.19-MariaDB\0'), Buffer.alloc(40, 7)]));

const serve = async (t: TestContext, greet: (socket: Socket) => void): Promise<number> => {
  const sockets = new Set<Socket>();
  const server = createServer(socket => {
    sockets.add(socket);
    socket.on('error', () => {}); // the probe hangs up as it likes
    greet(socket);
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return (server.address() as AddressInfo).port;
};

const probe = (port: number, deadlineMs = 2000) => probeInstance({address: '127.0.0.1', port, deadlineMs, signal});

test('a MySQL greeting is a handshake, and tells the version', async t => {
  const port = await serve(t, socket => socket.write(greeting));
  assert.deepEqual(await probe(port), {reachable: true, handshake: true, detail: '10.11.19-MariaDB'});
});

test('a greeting that comes byte by byte is a handshake', async t => {
  const port = await serve(t, async socket => {
    socket.setNoDelay(true);
    for (const byte of greeting) {
      socket.write(Buffer.from([byte]));
      await new Promise(resolve => setImmediate(resolve));
    }
  });
  assert.equal((await probe(port)).handshake, true);
});

test('a server that greets with an error lives', async t => {
  const error = packet(Buffer.concat([Buffer.from([0xff, 0x10, 0x04]), Buffer.from('Too many connections')]));
  const port = await serve(t, socket => socket.end(error));
  assert.deepEqual(await probe(port), {reachable: true, handshake: true, detail: 'error 1040: Too many connections'});
});

for (const [name, bytes] of [
  ['an HTTP server', Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n')],
  ['an SSH server', Buffer.from('SSH-2.0-OpenSSH_9.2\r\n')],
  ['a greeting of another protocol version', packet(Buffer.from([9, 1, 2, 3]))],
] as const) {
  test(`${name} is no handshake`, async t => {
    const port = await serve(t, socket => socket.write(bytes));
    assert.deepEqual(await probe(port), {reachable: true, handshake: false, detail: 'not a MySQL server'});
  });
}

test('a server that says nothing costs the deadline and no more', async t => {
  const port = await serve(t, () => {});
  const start = performance.now();
  const answer = await probe(port, 100);
  assert.ok(performance.now() - start < 1000);
  assert.deepEqual(answer, {reachable: true, handshake: false, detail: 'connected, but no greeting within 100 ms'});
});

test('a server that hangs up at once is no handshake', async t => {
  const port = await serve(t, socket => socket.end());
  const answer = await probe(port);
  assert.equal(answer.handshake, false);
  assert.match(answer.detail, /hung up/);
});

test('a closed port is not reachable', async () => {
  const answer = await probe(1);
  assert.equal(answer.reachable, false);
  assert.match(answer.detail, /ECONNREFUSED/);
});

test('an aborted probe answers at once', async t => {
  const port = await serve(t, () => {});
  const answer = await probeInstance({address: '127.0.0.1', port, deadlineMs: 60_000, signal: AbortSignal.abort()});
  assert.equal(answer.reachable, false);
});
