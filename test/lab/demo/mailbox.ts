import {once} from 'node:events';
import {join} from 'node:path';
import {createInterface} from 'node:readline';
import {nodeCommand} from '../agents.ts';
import type {Lab} from '../lab.ts';
import {repository} from '../namespaces.ts';
import {poll} from '../poll.ts';
import {killGroup} from '../run.ts';

export interface Mail {
  readonly subject: string;
  /** Our own account: all before MHA's report. */
  readonly account: readonly string[];
}

/** The database administrator's mailbox. */
export interface Mailbox {
  /** Where the hooks deliver, as smtp_host takes it. */
  readonly smtpHost: string;
  /** Waits for the mail with this number, from 0. */
  mail(number: number): Promise<Mail>;
  readonly mails: readonly Mail[];
  close(): void;
}

export const openMailbox = async (lab: Lab): Promise<Mailbox> => {
  const port = 2525; // of the manager's own loopback
  const child = lab.open('mgr', [...nodeCommand(join(repository, 'test/lab/demo/mail-server.ts')), String(port)]);
  if (child.stdout === null) throw new Error('the mail server has no pipe');
  const lines = createInterface({input: child.stdout});
  await Promise.race([
    once(lines, 'line'),
    once(lines, 'close').then(() => Promise.reject(new Error('no mail server'))),
  ]);
  const mails: Mail[] = [];
  lines.on('line', line => mails.push(readMail(JSON.parse(line))));
  return {
    smtpHost: `127.0.0.1:${port}`,
    mails,
    mail: number => poll('the report mail', () => mails[number]),
    close: () => killGroup(child, 'SIGKILL'),
  };
};

const readMail = (raw: string): Mail => {
  const [head = '', ...rest] = raw.replaceAll('\r\n', '\n').split('\n\n');
  const subject = /^Subject: (.*(?:\n[ \t].*)*)/im.exec(head)?.[1]?.replace(/\n[ \t]+/g, ' ') ?? '';
  const isQuoted = /^Content-Transfer-Encoding: quoted-printable/im.test(head);
  const body = isQuoted ? unquote(rest.join('\n\n')) : rest.join('\n\n');
  return {subject, account: (body.split('\n\n')[0] ?? '').split('\n')};
};

const unquote = (text: string): string =>
  text
    .replace(/=\n/g, '')
    .replace(/=([0-9A-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
