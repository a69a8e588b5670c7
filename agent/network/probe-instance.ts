import {connect} from 'node:net';
import type {ProbeResponse} from '../../proto/gen/mha_helper/v1/agent.ts';

export interface InstanceProbe {
  readonly address: string;
  readonly port: number;
  readonly deadlineMs: number;
  readonly signal: AbortSignal;
}

export type InstanceAnswer = Pick<ProbeResponse, 'reachable' | 'handshake' | 'detail'>;

/**
 * Connects and reads the server's greeting, then hangs up. Never rejects. A server that greets with an error
 * (too many connections, host blocked) is a mysqld that lives: handshake is true and `detail` says what it said.
 * mysqld counts each probe as an aborted connection, so this is for failovers and checks, not for polling.
 */
export const probeInstance = ({address, port, deadlineMs, signal}: InstanceProbe): Promise<InstanceAnswer> =>
  new Promise(resolve => {
    const socket = connect({host: address, port});
    let reachable = false;
    let received = Buffer.alloc(0);
    const settle = (handshake: boolean, detail: string): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', giveUp);
      socket.destroy();
      resolve({reachable, handshake, detail});
    };
    const giveUp = (): void =>
      settle(
        false,
        reachable ? `connected, but no greeting within ${deadlineMs} ms` : `no answer within ${deadlineMs} ms`,
      );
    const timer = setTimeout(() => giveUp(), deadlineMs);
    if (signal.aborted) return giveUp();
    signal.addEventListener('abort', giveUp, {once: true});
    socket.on('connect', () => {
      reachable = true;
    });
    socket.on('data', chunk => {
      received = Buffer.concat([received, chunk]);
      const greeting = readGreeting(received);
      if (greeting !== undefined) settle(greeting.handshake, greeting.detail);
    });
    socket.on('end', () => settle(false, 'connected, but the server hung up without a greeting'));
    socket.on('error', error => settle(false, error.message));
  });

interface Greeting {
  readonly handshake: boolean;
  readonly detail: string;
}

const headerBytes = 4;
const longestGreeting = 4096;

/** Undefined until the whole first packet is there: three bytes of length, a sequence number 0, the payload. */
const readGreeting = (received: Buffer): Greeting | undefined => {
  if (received.length < headerBytes + 1) return undefined;
  const length = received.readUIntLE(0, 3);
  if (received[3] !== 0 || length < 3 || length > longestGreeting)
    return {handshake: false, detail: 'not a MySQL server'};
  const payload = received.subarray(headerBytes, headerBytes + length);
  if (payload.length < length) return undefined;
  if (payload[0] === 10)
    return {handshake: true, detail: payload.subarray(1, payload.indexOf(0, 1)).toString('latin1')};
  if (payload[0] === 0xff) {
    return {handshake: true, detail: `error ${payload.readUInt16LE(1)}: ${payload.subarray(3).toString('utf8')}`};
  }
  return {handshake: false, detail: 'not a MySQL server'};
};
