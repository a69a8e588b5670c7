import type {InstanceStatus, LongWriter, Replication} from '../../proto/gen/mha_helper/v1/agent.ts';
import type {Flavour} from './flavour.ts';
import type {Instance} from './instance.ts';
import {MysqlError} from './mysql-error.ts';
import {findMissingGrants, privilegeStatements} from './privileges.ts';
import {isOn, number, type Row, text} from './row.ts';
import {addressOf, applicationThreads, isDumpThread, readThread, sparedOn, type Thread} from './threads.ts';
import {readTransactions, type Transaction, transactionStatement} from './transactions.ts';

/**
 * What the instance says of itself, in one round trip. Never rejects: an mysqld that does not answer is a fact like
 * others. `brief` leaves out the privileges.
 */
export const readInstanceStatus = async (
  instance: Instance,
  {brief, signal}: {readonly brief: boolean; readonly signal: AbortSignal},
): Promise<InstanceStatus> => {
  try {
    const flavour = await instance.reader.flavour(signal);
    const wanted = [...factStatements(flavour), ...(brief ? [] : privilegeStatements)];
    const answers = await instance.reader.batch(wanted, signal);
    return compose(instance, flavour, answers);
  } catch (error) {
    return {...nothingKnown, port: instance.port, error: (error as Error).message};
  }
};

const nothingKnown: InstanceStatus = {
  port: 0,
  reachable: false,
  error: '',
  version: '',
  readOnly: false,
  eventScheduler: '',
  replication: undefined,
  replicas: 0,
  replicaAddresses: [],
  applicationThreads: 0,
  preparedXa: 0,
  missingGrants: [],
  binlogPosition: '',
  longWriters: [],
  flavour: '',
  serverId: 0,
};

const factStatements = (flavour: Flavour): readonly string[] => [
  `SELECT @@GLOBAL.read_only AS read_only, @@GLOBAL.event_scheduler AS event_scheduler, @@GLOBAL.server_id AS server_id,
     CONCAT(@@version, ' ', @@version_comment) AS version
     ${flavour.hasSuperReadOnly ? ', @@GLOBAL.super_read_only AS super_read_only' : ''}`,
  flavour.replicaStatement,
  flavour.binlogStatement,
  'XA RECOVER',
  flavour.processlistStatement,
  transactionStatement,
];

const compose = (
  instance: Instance,
  flavour: Flavour,
  answers: readonly (readonly Row[] | MysqlError)[],
): InstanceStatus => {
  const [variables, replica, binlog, xa, processes, transactions, ...privileges] = answers;
  const facts = rows(variables)[0] ?? {};
  // Without PROCESS the list holds only our own threads: then missing_grants says why the numbers are small.
  const threads = rows(processes).map(readThread);
  const applications = applicationThreads(threads, sparedOn(instance));
  return {
    port: instance.port,
    reachable: true,
    error: whatFailed([variables, replica, binlog, xa, processes, transactions]),
    version: text(facts, 'version'),
    readOnly: isOn(facts, 'read_only'),
    ...(flavour.hasSuperReadOnly ? {superReadOnly: isOn(facts, 'super_read_only')} : {}),
    eventScheduler: text(facts, 'event_scheduler'),
    replication: readReplication(rows(replica)[0]),
    replicas: threads.filter(isDumpThread).length,
    replicaAddresses: [...new Set(threads.filter(isDumpThread).map(addressOf))],
    applicationThreads: applications.length,
    preparedXa: rows(xa).length,
    missingGrants: findMissingGrants(privileges, {eventScheduler: text(facts, 'event_scheduler') === 'ON'}),
    binlogPosition: readBinlogPosition(rows(binlog)[0]),
    longWriters: findLongWriters(applications, readTransactions(rows(transactions))),
    flavour: flavour.name,
    serverId: number(facts, 'server_id'),
  };
};

const rows = (answer: readonly Row[] | MysqlError | undefined): readonly Row[] =>
  answer === undefined || answer instanceof MysqlError ? [] : answer;

/** Facts that could not be read, although the server answers: mostly a missing privilege. */
const whatFailed = (answers: readonly (readonly Row[] | MysqlError | undefined)[]): string =>
  answers.flatMap(answer => (answer instanceof MysqlError ? [answer.message] : [])).join('; ');

const readReplication = (row: Row | undefined): Replication | undefined => {
  if (row === undefined) return undefined;
  const lag = text(row, 'Seconds_Behind_Source', 'Seconds_Behind_Master');
  const errors = [text(row, 'Last_IO_Error'), text(row, 'Last_SQL_Error')];
  return {
    sourceHost: text(row, 'Source_Host', 'Master_Host'),
    sourcePort: number(row, 'Source_Port', 'Master_Port'),
    ioRunning: text(row, 'Replica_IO_Running', 'Slave_IO_Running') === 'Yes',
    sqlRunning: text(row, 'Replica_SQL_Running', 'Slave_SQL_Running') === 'Yes',
    ...(lag === '' ? {} : {lagSeconds: Number(lag)}),
    sourceServerId: number(row, 'Source_Server_Id', 'Master_Server_Id'),
    lastError: errors.filter(each => each !== '').join('; '),
  };
};

/** `binlog.000003:1523`; empty when the binary log is off. */
export const readBinlogPosition = (row: Row | undefined): string =>
  row === undefined ? '' : `${text(row, 'File')}:${text(row, 'Position')}`;

const findLongWriters = (
  applications: readonly Thread[],
  transactions: ReadonlyMap<number, Transaction>,
): LongWriter[] =>
  applications
    .map(({id, user, host}) => ({threadId: id, user, host, transaction: transactions.get(id)}))
    .flatMap(({transaction, ...who}) =>
      transaction !== undefined && transaction.rows > 0 ? [{...who, seconds: transaction.seconds}] : [],
    )
    .toSorted((one, other) => other.seconds - one.seconds)
    .slice(0, 10);
