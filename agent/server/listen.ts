import {createServer, type Server, type Socket} from 'node:net';
import type {Log} from '../log.ts';

export interface Listener {
  readonly address: string;
  readonly port: number;
  /** Takes no new connections. */
  close(): void;
  /** Ends every connection that is still there. */
  destroyAll(): void;
}

export interface ListenOptions {
  readonly address: string;
  readonly port: number;
  /** More connections than this are closed at once: neither memory nor file descriptors are at a stranger's mercy. */
  readonly maxConnections: number;
  readonly log: Log;
  accept(socket: Socket): void;
}

/** Listens for TCP connections and hands them on. */
export const listen = async ({address, port, maxConnections, log, accept}: ListenOptions): Promise<Listener> => {
  const sockets = new Set<Socket>();
  const server = createServer({noDelay: true}, socket => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    // A reset before TLS has taken over has no other listener and would end the process.
    socket.on('error', () => socket.destroy());
    accept(socket);
  });
  server.maxConnections = maxConnections;
  server.on('drop', peer => log.warn('connection dropped: too many', {peer: peer?.remoteAddress, maxConnections}));
  const bound = await bind(server, address, port);
  server.on('error', error => log.error('listener', {error}));
  return {
    ...bound,
    close: () => void server.close(),
    destroyAll: () => {
      for (const socket of sockets) socket.destroy();
    },
  };
};

const bind = (server: Server, address: string, port: number): Promise<{address: string; port: number}> =>
  new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({host: address, port}, () => {
      server.off('error', reject);
      const bound = server.address();
      if (bound === null || typeof bound === 'string') return reject(new Error('not a TCP address'));
      resolve({address: bound.address, port: bound.port});
    });
  });
