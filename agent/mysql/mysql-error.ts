import type {RefusalReason} from '../../proto/refusal.ts';
import {Refused} from '../refusal.ts';

/** What mysqld answered, or that it did not answer, in our words. Matched by `errno`, never by its message. */
export class MysqlError extends Refused {
  /** The server's error number; 0 when the error is not the server's (connection lost, our deadline). */
  readonly errno: number;

  constructor(reason: RefusalReason, message: string, options: {hint?: string; cause?: unknown; errno?: number} = {}) {
    super(reason, message, options);
    this.errno = options.errno ?? 0;
  }
}

export const errnos = {
  unknownTable: 1109,
  unknownVariable: 1193,
  syntax: 1064,
  /** KILL of a thread that is gone already, or of the event scheduler. */
  noSuchThread: 1094,
  /** KILL of a session that is better protected than ours. */
  killDenied: 1095,
  lockWaitTimeout: 1205,
  interrupted: 1317,
  statementTimeout: 1969,
} as const;

/** Our reason for each of the server's errors that somebody reacts to. */
const reasons: Readonly<Record<number, readonly [RefusalReason, hint: string]>> = {
  1040: ['MYSQL_UNREACHABLE', 'All connections are used. The agent needs CONNECTION ADMIN for the reserved one.'],
  1044: ['MISSING_PRIVILEGE', 'Compare the grants of the account with `mha-helper check`.'],
  1045: ['MISSING_PRIVILEGE', "Check the agent's account and its authentication in agent.ini."],
  1053: ['MYSQL_UNREACHABLE', 'mysqld is shutting down.'],
  1095: ['MISSING_PRIVILEGE', 'The account may not kill this session: see `mha-helper check`.'],
  1129: ['MYSQL_UNREACHABLE', 'mysqld blocks this host: FLUSH HOSTS.'],
  1130: ['MISSING_PRIVILEGE', 'The account may not connect from this host.'],
  1142: ['MISSING_PRIVILEGE', 'Compare the grants of the account with `mha-helper check`.'],
  1203: ['MYSQL_UNREACHABLE', 'The account has reached its max_user_connections.'],
  1205: ['READ_ONLY_BLOCKED', ''],
  1226: ['MYSQL_UNREACHABLE', 'The account has reached a resource limit of its own (max_user_connections).'],
  1227: ['MISSING_PRIVILEGE', 'Compare the grants of the account with `mha-helper check`.'],
  1290: ['NOT_ALLOWED', 'An option of mysqld forbids this.'],
  1317: ['DEADLINE', ''],
  1401: ['MISSING_PRIVILEGE', 'Compare the grants of the account with `mha-helper check`.'],
  1524: ['MISSING_PRIVILEGE', 'The authentication plugin of the account is not loaded.'],
  1698: ['MISSING_PRIVILEGE', 'Socket authentication: the OS user of the agent must be the one the account names.'],
  1927: ['MYSQL_UNREACHABLE', 'Somebody killed the connection of the agent.'],
  1969: ['DEADLINE', ''],
  3024: ['DEADLINE', ''],
  3159: ['MYSQL_UNREACHABLE', 'The server accepts only secure transports: use the socket or give ssl-ca.'],
};

/** Wraps whatever the driver threw. `doing` is verb and object: "connect to db1:3306". */
export const translateError = (doing: string, error: unknown): MysqlError => {
  if (error instanceof MysqlError) return error;
  const {errno, code, message} = error as {errno?: number; code?: string; message: string};
  // The system's errors (ECONNREFUSED, ENOENT) have negative numbers, the driver's own (PROTOCOL_…) none.
  if (errno === undefined || errno <= 0) {
    const why = code === 'ENOENT' ? 'there is no such socket' : message;
    return new MysqlError('MYSQL_UNREACHABLE', `could not ${doing}: ${why}`, {cause: error});
  }
  const [reason, hint] = reasons[errno] ?? ['INTERNAL', ''];
  return new MysqlError(reason, `could not ${doing}: ${message} (${errno})`, {errno, hint, cause: error});
};
