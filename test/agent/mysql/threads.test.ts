import assert from 'node:assert/strict';
import {test} from 'node:test';
import {applicationThreads, readThread} from '../../../agent/mysql/threads.ts';

const spared = {ownThreads: () => new Set([5]), users: ['backup']};

/** Rows of real process lists. */
const thread = (User: string, Command: string, Id = 100, Host = 'localhost') =>
  readThread({Id, User, Host, db: null, Command, Time: 0, State: null, Info: null});

test('never killed: ourselves, replication in both directions, the server itself, excluded accounts', () => {
  const protectedThreads = [
    thread('mha_agent', 'Query', 5),
    thread('repl', 'Binlog Dump', 100, '10.0.0.2:41000'),
    thread('repl', 'Binlog Dump GTID', 100, '10.0.0.2:41000'),
    thread('event_scheduler', 'Daemon'),
    thread('anybody', 'Daemon'),
    thread('system user', 'Connect', 100, ''),
    thread('system user', 'Query', 100, 'connecting host'),
    thread('system user', 'Slave_IO', 100, ''),
    thread('system user', 'Slave_SQL', 100, ''),
    thread('system user', 'Slave_worker', 100, ''),
    thread('mysql.session', 'Query'),
    thread('backup', 'Query'),
  ];
  assert.deepEqual(applicationThreads(protectedThreads, spared), []);
});

test('everybody else is an application, also events, who has not logged in yet, and who is being killed', () => {
  const applications = [
    thread('app', 'Sleep', 1, '10.0.0.7:51234'),
    thread('app', 'Query', 2),
    thread('mha_agent', 'Sleep', 3), // the account does not protect, the connection does
    thread('definer', 'Connect', 4),
    thread('unauthenticated user', 'Connect', 6, 'connecting host'),
    thread('app', 'Killed', 7),
  ];
  assert.deepEqual(applicationThreads(applications, spared), applications);
  assert.deepEqual(
    applications.map(each => each.isRunning),
    [false, true, false, true, false, false],
  );
});
