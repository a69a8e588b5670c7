import type {Key} from './keys.ts';
import {parseCommand, parseWebhook} from './parse-report.ts';
import {parseOneOf, parsePath, parseRecipients, parseSecretPath, parseSmtpHost, parseText} from './parse-value.ts';

/** Who hears of a failover. */
export const reportKeys = {
  report_email: {
    place: 'any',
    parse: parseRecipients,
    write: 'e-mail addresses with commas; empty sends no mail',
    default: '',
    maybeEmpty: true,
    doc: 'Who gets the report of a failover.',
  },
  smtp_host: {
    place: 'any',
    parse: parseSmtpHost,
    write: 'host, host:port or [IPv6]:port',
    default: 'localhost',
    doc: 'Where reports are delivered. STARTTLS is used when offered.',
  },
  smtp_user: {
    place: 'any',
    parse: parseText,
    write: 'the account name',
    otherwise: 'no account',
    doc: 'Account on smtp_host; STARTTLS is then required.',
  },
  smtp_password_file: {
    place: 'any',
    parse: parseSecretPath,
    write: 'the absolute path of a file with mode 0600 that holds the password',
    otherwise: 'no account',
    isSecret: true,
    doc: 'File with the password of smtp_user. The password itself never stands in a configuration.',
  },
  report_webhook: {
    place: 'any',
    parse: parseWebhook,
    write: 'an https URL, or the absolute path of a file with mode 0600 that holds it; empty calls nobody',
    default: '',
    maybeEmpty: true,
    isSecret: true,
    doc: 'Where the report is posted as well. An http URL is taken only where no secret goes with it.',
  },
  report_webhook_format: {
    place: 'any',
    parse: parseOneOf('json', 'slack', 'pagerduty'),
    write: 'json (all facts), slack (an incoming webhook) or pagerduty (Events v2)',
    default: 'json',
    doc: 'What is posted.',
  },
  report_webhook_key_file: {
    place: 'any',
    parse: parseSecretPath,
    write: 'the absolute path of a file with mode 0600 that holds the key',
    otherwise: 'no key; required for pagerduty',
    isSecret: true,
    doc: "File with PagerDuty's routing key; with json, with a token that is sent as Authorization: Bearer.",
  },
  report_webhook_ca: {
    place: 'any',
    parse: parsePath,
    write: 'the absolute path of a PEM file',
    otherwise: 'the well-known authorities',
    doc: 'Authorities that may have signed the certificate of report_webhook, instead of the well-known ones.',
  },
  report_command: {
    place: 'any',
    parse: parseCommand,
    write: 'the absolute path of a program, and its arguments with blanks between; empty runs nothing',
    default: '',
    maybeEmpty: true,
    isSecret: true,
    doc: 'Program that gets the report as JSON on its standard input, and its main facts as MHA_HELPER_* in its environment. There is no shell. Exit code 0: delivered.',
  },
} as const satisfies Record<string, Key>;
