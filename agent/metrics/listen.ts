import {createServer, type IncomingMessage, type ServerResponse} from 'node:http';
import type {AddressInfo, Socket} from 'node:net';

export interface MetricsListener {
  readonly port: number;
  close(): void;
}

interface Page {
  readonly contentType: string;
  readonly text: string;
}

const maxConnections = 16;
/** A connection serves one scrape: whoever takes longer to ask or to read is not a scraper. */
const connectionMs = 10_000;
/** Node's own watch over slow requests would wake an idle agent every half a minute. This is as good as never. */
const never = 2_147_483_647;

/** Serves GET /metrics over plain HTTP. `read` is bounded by itself. */
export const listenForScrapes = async (
  {address, port}: {readonly address: string; readonly port: number},
  read: () => Promise<Page>,
): Promise<MetricsListener> => {
  const sockets = new Set<Socket>();
  const server = createServer({connectionsCheckingInterval: never, maxHeaderSize: 8192}, (request, response) => {
    response.setHeader('connection', 'close');
    response.on('error', () => {}); // who asked is gone
    void answer(request, response, read);
  });
  server.maxConnections = maxConnections;
  server.on('connection', socket => {
    const timer = setTimeout(() => socket.destroy(), connectionMs);
    sockets.add(socket);
    socket.once('close', () => {
      clearTimeout(timer);
      sockets.delete(socket);
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen({host: address, port}, resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    close: () => {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
};

const answer = async (
  {method, url}: IncomingMessage,
  response: ServerResponse,
  read: () => Promise<Page>,
): Promise<void> => {
  if (url?.split('?')[0] !== '/metrics') return void response.writeHead(404).end('see /metrics\n');
  if (method !== 'GET') return void response.writeHead(405, {allow: 'GET'}).end();
  try {
    const {contentType, text} = await read();
    response.writeHead(200, {'content-type': contentType}).end(text);
  } catch (error) {
    response.writeHead(503, {'content-type': 'text/plain'}).end(`${(error as Error).message}\n`);
  }
};
