import {connect, type PeerCertificate} from 'node:tls';
import {identityOf} from '../../proto/identity.ts';
import {type ClientCredentials, serverName} from './credentials.ts';

/** An agent that was met at an address. */
export interface MetAgent {
  /** As its certificate calls its host. */
  readonly host: string;
  /** Where it was reached. */
  readonly ip: string;
}

/**
 * Whose agent listens there: the name comes from its certificate, which our authority has signed. Throws a sentence for
 * people when nobody answers, or somebody who is no agent of ours.
 */
export const greetAgent = (
  {address, port}: {readonly address: string; readonly port: number},
  {context}: ClientCredentials,
  timeoutMs: number,
): Promise<MetAgent> =>
  new Promise((resolve, reject) => {
    const fail = (why: string, cause?: Error): void => {
      clearTimeout(timer);
      socket.destroy();
      reject(new Error(`no agent at ${address}:${port}: ${why}`, {cause}));
    };
    const timer = setTimeout(() => fail(`no answer within ${timeoutMs} ms`), timeoutMs);
    const socket = connect({
      ...{host: address, port, secureContext: context, servername: serverName, ALPNProtocols: ['h2']},
      checkServerIdentity: (_name: string, {subjectaltname}: Pick<PeerCertificate, 'subjectaltname'>) =>
        identityOf(subjectaltname).kind === 'agent' ? undefined : new Error('its certificate is not an agent of ours'),
    });
    socket.once('secureConnect', () => {
      const identity = identityOf(socket.getPeerCertificate().subjectaltname);
      if (identity.kind !== 'agent') return fail('its certificate is not an agent of ours');
      clearTimeout(timer);
      resolve({host: identity.host, ip: socket.remoteAddress ?? address});
      return socket.destroy();
    });
    socket.on('error', (error: NodeJS.ErrnoException) => fail(reasons[error.code ?? ''] ?? error.message, error));
  });

const reasons: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nobody listens there',
  EHOSTUNREACH: 'the host cannot be reached',
  ENOTFOUND: 'the name is unknown',
  EAI_AGAIN: 'the name is unknown',
};
