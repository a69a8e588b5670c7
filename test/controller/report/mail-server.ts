import {once} from 'node:events';
import type {AddressInfo} from 'node:net';
import type {TestContext} from 'node:test';
import {SMTPServer, type SMTPServerOptions} from 'smtp-server';

export interface ReceivedMail {
  readonly from: string;
  readonly to: readonly string[];
  readonly secure: boolean;
  readonly user: string | undefined;
  readonly raw: string;
}

/** A real SMTP server on loopback that keeps what it received. */
export const startMailServer = async (t: TestContext, options: SMTPServerOptions = {}) => {
  const mails: ReceivedMail[] = [];
  const server = new SMTPServer({
    authOptional: true,
    logger: false,
    closeTimeout: 100,
    onAuth: ({username, password}, _session, done) =>
      password === 'right' ? done(null, {user: username ?? ''}) : done(new Error('no such account')),
    onRcptTo: ({address}, _session, done) => done(address.startsWith('nobody') ? new Error('no such user') : null),
    onData: (stream, {envelope, secure, user}, done) => {
      const chunks: Buffer[] = [];
      stream.on('data', chunk => chunks.push(chunk));
      stream.on('end', () => {
        mails.push({
          from: envelope.mailFrom ? envelope.mailFrom.address : '',
          to: envelope.rcptTo.map(({address}) => address),
          secure,
          user,
          raw: Buffer.concat(chunks).toString(),
        });
        done();
      });
    },
    ...options,
  });
  // A client that dislikes our certificate ends the connection; the test sees it on the client's side.
  server.on('error', () => undefined);
  const listener = server.listen(0, '127.0.0.1');
  await once(listener, 'listening');
  t.after(() => new Promise<void>(done => server.close(done)));
  return {port: (listener.address() as AddressInfo).port, mails};
};
