import {once} from 'node:events';
import {readFileSync} from 'node:fs';
import {createServer, type IncomingMessage, type RequestListener, type ServerResponse} from 'node:http';
import {createServer as createTlsServer} from 'node:https';
import type {AddressInfo, Socket} from 'node:net';
import type {TestContext} from 'node:test';

export interface Received {
  readonly url: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

export interface Receiver {
  readonly url: string;
  readonly received: Received[];
  /** How the next requests are answered; the default takes them. */
  answer: (response: ServerResponse, count: number) => void;
}

/** A real HTTP server on loopback that keeps what was posted to it. With `tls`, by the name of its certificate. */
export const startReceiver = async (
  t: TestContext,
  tls?: {readonly certificate: string; readonly key: string},
): Promise<Receiver> => {
  const sockets = new Set<Socket>();
  const receiver: Omit<Receiver, 'url'> = {received: [], answer: response => void response.end('ok')};
  const listener: RequestListener = (request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const {url = '', headers} = request;
      receiver.received.push({url, headers, body: Buffer.concat(chunks).toString()});
      receiver.answer(response, receiver.received.length);
    });
  };
  const server =
    tls === undefined
      ? createServer(listener)
      : createTlsServer({cert: readFileSync(tls.certificate), key: readFileSync(tls.key)}, listener);
  server.on('connection', (socket: Socket) => {
    sockets.add(socket.on('close', () => sockets.delete(socket)).on('error', () => {}));
  });
  server.on('tlsClientError', () => {}); // the test sees it on the client's side
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise(done => server.close(done));
  });
  const {port} = server.address() as AddressInfo;
  return Object.assign(receiver, {url: `${tls === undefined ? 'http://127.0.0.1' : 'https://localhost'}:${port}`});
};
