import {MysqlError} from './mysql-error.ts';
import {type Row, text} from './row.ts';

/** What the account is asked about itself, and the server about the names it knows. */
export const privilegeStatements = ['SHOW PRIVILEGES', 'SHOW GRANTS', 'SELECT CURRENT_USER() AS account'] as const;

/**
 * The exact GRANT statements the agent's account lacks on this server. Which names exist is asked, not guessed: the
 * same right is called differently on MySQL and MariaDB, and is part of SUPER on old ones.
 */
export const findMissingGrants = (
  [privileges, grants, account]: readonly (readonly Row[] | MysqlError | undefined)[],
  needed: {readonly eventScheduler: boolean},
): string[] => {
  if (!isRows(privileges) || !isRows(grants) || !isRows(account)) return [];
  const known = new Set(privileges.map(row => normalise(text(row, 'Privilege'))));
  const held = new Set(grants.flatMap(row => grantedOnAll(Object.values(row).map(String)[0] ?? '')));
  if (held.has('ALL PRIVILEGES')) return [];
  const missing = duties
    .filter(duty => duty.only !== 'event scheduler' || needed.eventScheduler)
    .map(duty => duty.names.find(name => known.has(name)))
    .filter(name => name !== undefined && !held.has(name)) as string[];
  if (missing.length === 0) return [];
  return [`GRANT ${[...new Set(missing)].join(', ')} ON *.* TO ${quoteAccount(text(account[0] ?? {}, 'account'))};`];
};

/** What the agent does, and the privilege for it: the first name that the server knows. */
const duties: readonly {readonly names: readonly string[]; readonly only?: 'event scheduler'}[] = [
  {names: ['READ_ONLY ADMIN', 'SYSTEM_VARIABLES_ADMIN', 'SUPER']}, // SET GLOBAL read_only
  {names: ['CONNECTION ADMIN', 'CONNECTION_ADMIN', 'SUPER']}, // KILL, and the connection kept back for us
  {names: ['SYSTEM_USER']}, // KILL of sessions that have it (MySQL)
  {names: ['PROCESS']}, // all of the processlist, innodb_trx
  {names: ['SLAVE MONITOR', 'REPLICATION CLIENT', 'BINLOG MONITOR']}, // SHOW REPLICA STATUS
  {names: ['BINLOG MONITOR', 'REPLICATION CLIENT']}, // binary log position
  {names: ['XA_RECOVER_ADMIN']}, // XA RECOVER (MySQL)
  // MariaDB has nothing smaller for the event scheduler.
  {names: ['SYSTEM_VARIABLES_ADMIN', 'SUPER'], only: 'event scheduler'},
];

/** `GRANT PROCESS, SUPER ON *.* TO …`: the global ones, roles of the session included. */
const grantedOnAll = (grant: string): string[] =>
  (/^GRANT (.+) ON \*\.\* TO /.exec(grant)?.[1] ?? '').split(',').map(normalise);

const normalise = (privilege: string): string => {
  const name = privilege.trim().toUpperCase();
  return name === 'REPLICA MONITOR' ? 'SLAVE MONITOR' : name;
};

/** `mha@localhost` as CURRENT_USER() gives it; the host part is behind the last @. */
const quoteAccount = (account: string): string => {
  const at = account.lastIndexOf('@');
  return `${quote(account.slice(0, at))}@${quote(account.slice(at + 1))}`;
};

const quote = (name: string): string => `'${name.replaceAll('\\', '\\\\').replaceAll("'", "''")}'`;

const isRows = (answer: readonly Row[] | MysqlError | undefined): answer is readonly Row[] =>
  answer !== undefined && !(answer instanceof MysqlError);
