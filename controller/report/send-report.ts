import {isIP} from 'node:net';
import {createTransport} from 'nodemailer';
import type {ReportConfig} from '../config/cluster-config.ts';
import {composeReport, type FailoverAccount, type Message} from './compose-report.ts';
import {findFqdn} from './find-fqdn.ts';
import {openConnection} from './open-connection.ts';
import {readPassword} from './read-password.ts';

/** No server took the report. The message names the server and never holds the password. */
export class ReportNotSent extends Error {
  override readonly name = 'ReportNotSent';
  readonly hint =
    'the failover itself is not affected; check smtp_host, smtp_user and report_email in the cluster file';
}

export interface SentReport {
  /** Recipients the server took responsibility for. Empty when nobody is configured. */
  readonly accepted: readonly string[];
  readonly rejected: readonly {readonly recipient: string; readonly reason: string}[];
}

/**
 * Mails MHA's report with our own account of the failover. The whole of it, name resolution included, takes no longer
 * than `withinMs` (default 10 s) on our own clock. Throws `ReportNotSent` when no recipient was accepted.
 */
export const sendReport = async (report: {
  readonly config: ReportConfig;
  readonly subject: string;
  readonly body: string;
  readonly account: FailoverAccount | undefined;
  readonly withinMs?: number;
}): Promise<SentReport> => {
  const {config, withinMs = 10_000} = report;
  if (config.recipients.length === 0) return {accepted: [], rejected: []};
  const signal = AbortSignal.timeout(withinMs);
  try {
    return await Promise.race([deliver(config, composeReport(report), signal), rejectOn(signal)]);
  } catch (error) {
    const reason = signal.aborted ? `not done within ${withinMs / 1000} s` : describe(error);
    const server = `${config.smtp.host}:${config.smtp.port}`;
    throw new ReportNotSent(`could not send the report through ${server}: ${reason}`, {cause: error});
  }
};

const deliver = async (
  {recipients, smtp}: ReportConfig,
  message: Message,
  signal: AbortSignal,
): Promise<SentReport> => {
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
  const sent = await transport.sendMail({...message, from: `mha_helper@${fqdn}`, to: [...recipients], signal});
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
  const pass = await readPassword(account.passwordFile);
  const rejectUnauthorized = !isThisHost(host);
  return {secure, requireTLS: true, tls: {rejectUnauthorized}, auth: {user: account.user, pass}};
};

const isThisHost = (host: string): boolean =>
  host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));

const rejectOn = (signal: AbortSignal): Promise<never> =>
  new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), {once: true});
  });

const describe = (error: unknown): string => (error instanceof Error ? error.message : String(error));
