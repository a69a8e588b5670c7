import type {AddressInfo, Socket} from 'node:net';
import {createServer, type Server, type TLSSocket} from 'node:tls';
import type {Log} from '../log.ts';
import type {AgentCredentials} from './credentials.ts';
import {logStrangers} from './log-strangers.ts';

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
  readonly credentials: AgentCredentials;
  /** More connections than this are closed at once: neither memory nor file descriptors are at a stranger's mercy. */
  readonly maxConnections: number;
  readonly log: Log;
  /** Gets connections whose certificate is in order; nobody has looked at its role yet. */
  accept(socket: TLSSocket): void;
}

/** Listens for TLS 1.3 connections with a client certificate of our authority. All others are logged and dropped. */
export const listen = async (options: ListenOptions): Promise<Listener> => {
  const {address, port, credentials, log} = options;
  const server = createServer({
    ...credentials.contextOptions(),
    requestCert: true,
    rejectUnauthorized: true,
    ALPNProtocols: ['h2'],
    handshakeTimeout: 5_000,
    noDelay: true,
  });
  credentials.onReplaced(context => server.setSecureContext(context));
  const sockets = followSockets(server, options);
  const bound = await bind(server, address, port);
  server.on('error', error => log.error('listener', {error}));
  return {
    address: bound.address,
    port: bound.port,
    close: () => void server.close(),
    destroyAll: () => {
      for (const socket of sockets) socket.destroy();
    },
  };
};

const followSockets = (server: Server, {maxConnections, log, accept}: ListenOptions): ReadonlySet<Socket> => {
  const sockets = new Set<Socket>();
  const addresses = new WeakMap<object, string | undefined>();
  // A failed TLS socket has forgotten its address; the TCP socket below it (Node's `_parent`) is the key to it.
  const addressOf = (socket: TLSSocket): string | undefined => addresses.get(Reflect.get(socket, '_parent') ?? socket);
  const stranger = logStrangers(log);
  server.maxConnections = maxConnections;
  server.on('drop', peer => stranger(peer?.remoteAddress, `more than ${maxConnections} connections`));
  server.prependListener('connection', (socket: Socket) => {
    sockets.add(socket);
    addresses.set(socket, socket.remoteAddress);
    socket.once('close', () => sockets.delete(socket));
  });
  server.on('secureConnection', socket => {
    // A reset before HTTP/2 has taken over has no other listener and would end the process.
    socket.on('error', () => socket.destroy());
    rememberPeer(socket);
    accept(socket);
  });
  server.on('tlsClientError', (error: NodeJS.ErrnoException, socket) => {
    // For a certificate that failed the check, the error says only that the connection was closed.
    stranger(addressOf(socket), String(socket.authorizationError ?? error.code ?? error.message));
    socket.destroy();
  });
  return sockets;
};

/** gRPC asks for it with every call, and Node parses it every time. A connection of TLS 1.3 never changes its certificate. */
const rememberPeer = (socket: TLSSocket): void => {
  const certificate = socket.getPeerCertificate();
  Object.assign(socket, {getPeerCertificate: () => certificate});
};

const bind = (server: Server, address: string, port: number): Promise<AddressInfo> =>
  new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({host: address, port}, () => {
      server.off('error', reject);
      const bound = server.address();
      if (bound === null || typeof bound === 'string') return reject(new Error('not a TCP address'));
      resolve(bound);
    });
  });
