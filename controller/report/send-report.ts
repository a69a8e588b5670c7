import {isIP} from 'node:net';
import {createTransport} from 'nodemailer';
import type {ReportConfig} from '../config/cluster-config.ts';
import {reasonOf, until} from './channel.ts';
import {composeReport} from './compose-report.ts';
import {findFqdn} from './find-fqdn.ts';
import type {Notice} from './notice.ts';
import {openConnection} from './open-connection.ts';
import {readSecret} from './read-secret.ts';

/** No server took the report. The message names the server and never holds the password. */
export class ReportNotSent extends Error {
  override readonly name = 'ReportNotSent';
  readonly hint =
    'the failover itself is not affected; check smtp_host, smtp_user and report_email in the cluster file';
}

type Mailed = Pick<Notice, 'subject' | 'body' | 'account'> & Partial<Notice>;

export interface SentReport {
  /** Recipients the server took responsibility for. Empty when nobody is configured. */
  readonly accepted: readonly string[];
  readonly rejected: readonly {readonly recipient: string; readonly reason: string}[];
}

/**
 * Mails MHA's report with our own account of the failover. The whole of it, name resolution included, ends with the
 * signal. Throws `ReportNotSent` when no recipient was accepted.
 */
export const sendReport = async ({
  config,
  notice,
  signal,
}: {
  readonly config: ReportConfig;
  readonly notice: Mailed;
  readonly signal: AbortSignal;
}): Promise<SentReport> => {
  if (config.recipients.length === 0) return {accepted: [], rejected: []};
  try {
    return await until(signal, deliver(config, notice, signal));
  } catch (error) {
    const reason = reasonOf(signal.aborted ? signal.reason : error);
    const server = `${config.smtp.host}:${config.smtp.port}`;
    throw new ReportNotSent(`could not send the report through ${server}: ${reason}`, {cause: error});
  }
};

const deliver = async ({recipients, smtp}: ReportConfig, notice: Mailed, signal: AbortSignal): Promise<SentReport> => {
  const fqdn = findFqdn();
  const transport = createTransport({
    ...(await security(smtp)),
    host: smtp.host,
    port: smtp.port,
    name: fqdn,
    disableFileAccess: true,
    disableUrlAccess: true,
    getSocket: (_options, done) => {
      openConnection(smtp, signal).then(
        connection => done(null, {connection}),
        error => done(error, false),
      );
    },
  });
  const sent = await transport.sendMail({
    ...composeReport(notice),
    // One that comes twice is recognised.
    ...(notice.id === undefined ? {} : {messageId: `<${notice.id}@${fqdn}>`}),
    from: `mha_helper@${fqdn}`,
    to: [...recipients],
    signal,
  });
  return {
    accepted: recipients.filter(recipient => sent.accepted.includes(recipient)),
    rejected: (sent.rejectedErrors ?? []).map(error => ({
      recipient: error.recipient ?? 'a recipient',
      reason: error.response ?? error.message,
    })),
  };
};

/**
 * Without an account encryption is a bonus, as between mail servers everywhere: used when offered, never verified, given
 * up rather than the report. A password leaves only through TLS whose certificate fits, except to this very host.
 */
const security = async ({host, port, account}: ReportConfig['smtp']) => {
  const secure = port === 465;
  if (account === undefined) return {secure, opportunisticTLS: true, tls: {rejectUnauthorized: false}};
  const pass = await readSecret(account.passwordFile, 'the password');
  const rejectUnauthorized = !isThisHost(host);
  return {secure, requireTLS: true, tls: {rejectUnauthorized}, auth: {user: account.user, pass}};
};

const isThisHost = (host: string): boolean =>
  host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));
