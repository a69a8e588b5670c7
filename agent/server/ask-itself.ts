import {randomUUID} from 'node:crypto';
import {connect} from 'node:http2';
import {createServer, connect as openSocket, type Socket} from 'node:net';

/**
 * Resolves when the gRPC server that `accept` feeds has answered a call; rejects when it has not within the bound. The
 * call names a method that nobody has, so it needs no role and leaves no line in the log: the refusal is the answer.
 *
 * It takes no TCP connection and no certificate: strangers that use up all connections, or a certificate that expired,
 * must not make the watchdog end an agent that a restart cannot help. The way in is there for this one connection. Who
 * came first by guessing its name would have no certificate, and so no role.
 */
export const askItself = (accept: (connection: Socket) => void, withinMs: number): Promise<void> =>
  new Promise((resolve, reject) => {
    const path = `\0mha-helper-agent-${randomUUID()}`; // abstract: no file that could be left behind
    const way = createServer(accept);
    way.maxConnections = 1;
    way.on('error', error => end(error));
    way.listen(path);
    const session = connect('http://itself', {createConnection: () => openSocket({path})});
    const timer = setTimeout(() => end(new Error(`the gRPC server did not answer within ${withinMs} ms`)), withinMs);
    const end = (error?: Error): void => {
      clearTimeout(timer);
      session.destroy();
      way.close();
      if (error === undefined) resolve();
      else reject(error);
    };
    session.on('error', end);
    session.on('close', () => end(new Error('the gRPC server closed the connection')));
    const call = session.request({':method': 'POST', ':path': '/itself', 'content-type': 'application/grpc'});
    call.on('error', end);
    call.on('response', headers => end('grpc-status' in headers ? undefined : new Error('no gRPC server answered')));
    call.end();
  });
