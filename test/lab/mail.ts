import {join} from 'node:path';
import {nodeCommand} from './agents.ts';
import type {Hosts} from './hosts.ts';
import {repository} from './namespaces.ts';
import {poll} from './poll.ts';
import type {Keys} from './product.ts';
import {listensOn} from './sockets.ts';

export interface Mail {
  readonly from: string;
  readonly to: readonly string[];
  /** It came through STARTTLS. */
  readonly secure: boolean;
  /** Headers and body, with the transfer encoding undone. */
  readonly text: string;
}

export interface MailServer {
  /** Waits until so many mails have come since the start. */
  received(count: number): Promise<readonly Mail[]>;
  stop(): void;
}

const port = 2525;

/** Lines of the cluster file that let reports go to the lab's mail server. */
export const mailSettings: Keys = {report_email: 'dba@example.info', smtp_host: `127.0.0.1:${port}`};

/** A mail server on the manager. */
export const startMailServer = async (hosts: Hosts): Promise<MailServer> => {
  const log = `/var/log/mails-${Date.now()}`;
  const program = nodeCommand(join(repository, 'test/fixtures/mail-receiver.ts'));
  const server = await hosts.spawn('mgr', [...program, `${port}`], {log});
  await poll('the mail server', async () => ((await listensOn(server.pid, port)) ? true : undefined), {
    timeoutMs: 20_000,
  });
  return {
    stop: () => server.kill(),
    received: count =>
      poll(`${count} mails`, async () => {
        const lines = (await server.output()).split('\n').filter(line => line.startsWith('{'));
        return lines.length < count ? undefined : lines.map(readMail);
      }),
  };
};

const readMail = (line: string): Mail => {
  const {raw, ...mail} = JSON.parse(line) as Mail & {readonly raw: string};
  return {...mail, text: decode(raw.replaceAll('\r\n', '\n').replace(/\n[ \t]/g, ' '))}; // long headers were folded
};

/** Quoted-printable, for as much of it as plain English needs. */
const decode = (text: string): string =>
  /^Content-Transfer-Encoding: quoted-printable/im.test(text)
    ? text.replace(/=\n/g, '').replace(/=([0-9A-F]{2})/g, (_, code) => String.fromCharCode(Number.parseInt(code, 16)))
    : text;
