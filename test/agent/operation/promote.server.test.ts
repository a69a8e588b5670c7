import assert from 'node:assert/strict';
import {after, afterEach, before, beforeEach, describe, test} from 'node:test';
import type {Instance} from '../../../agent/mysql/instance.ts';
import {readInstanceStatus} from '../../../agent/mysql/read-status.ts';
import {undoEventScheduler, undoReadOnly} from '../../../agent/operation/demote.ts';
import {holdReadOnly} from '../../../agent/operation/hold-read-only.ts';
import {promote} from '../../../agent/operation/promote.ts';
import {Clients, isAlive} from '../../fixtures/clients.ts';
import {eventually} from '../../fixtures/eventually.ts';
import {type Mysqld, startMysqld} from '../../fixtures/mysqld.ts';
import {
  createAgentAccount,
  leastPrivileges,
  openReadyInstance,
  type RecordedContext,
  recordingContext,
} from '../../fixtures/mysqld-agent.ts';
import {type Flavour, flavours, whyNoServer} from '../../fixtures/mysqld-server.ts';

const signal = AbortSignal.timeout(600_000);

const suite = (flavour: Flavour) => {
  let mysqld: Mysqld;
  let instance: Instance;
  let clients: Clients;
  let context: RecordedContext;
  const readOnlyNow = flavour === 'mysql' ? 'SET GLOBAL super_read_only = 1' : 'SET GLOBAL read_only = 1';

  before(async () => {
    mysqld = await startMysqld(flavour, ['--event-scheduler=OFF']);
    await mysqld.sql(`CREATE DATABASE shop; CREATE TABLE shop.t (id INT PRIMARY KEY, n INT) ENGINE=InnoDB;
      INSERT INTO shop.t VALUES (1, 1); CREATE USER app@localhost IDENTIFIED BY 'app'; GRANT ALL ON shop.* TO app@localhost`);
    instance = await openReadyInstance(await createAgentAccount(mysqld));
  });
  after(async () => {
    instance?.close();
    await mysqld?.remove();
  });
  beforeEach(() => {
    clients = new Clients(mysqld);
    context = recordingContext(instance);
  });
  afterEach(async () => {
    clients.end();
    await mysqld.sql('SET GLOBAL read_only = 0; SET GLOBAL event_scheduler = OFF');
  });

  const flags = async () => {
    const {readOnly, superReadOnly, eventScheduler} = await readInstanceStatus(instance, {brief: true, signal});
    return {readOnly, superReadOnly: superReadOnly ?? false, eventScheduler};
  };

  test('promote switches both variables off, kills nobody, and is no change the second time', async () => {
    await mysqld.sql(readOnlyNow);
    const app = await clients.connect();
    assert.deepEqual(await promote(context, {startEventScheduler: false}), {changed: true, notes: []});
    assert.deepEqual(await flags(), {readOnly: false, superReadOnly: false, eventScheduler: 'OFF'});
    await app.query('UPDATE t SET n = 2');
    assert.deepEqual(await promote(context, {startEventScheduler: false}), {changed: false, notes: []});
    assert.equal(context.changes.length, 1);
  });

  test('the undo of a promotion makes it read-only as before, though a write is running', async () => {
    await mysqld.sql(readOnlyNow);
    await promote(context, {startEventScheduler: true});
    const app = await clients.connect();
    const write = app.query('UPDATE t SET n = 3 WHERE SLEEP(30) = 0').catch(() => 'killed');
    await eventually('it runs', async () => (await mysqld.sql('SHOW PROCESSLIST')).some(row => row.User === 'app'));
    for (const change of context.changes.toReversed()) {
      if (change.kind === 'read_only') await undoReadOnly(change, context);
      if (change.kind === 'event_scheduler') await undoEventScheduler(change, context);
    }
    assert.equal(await write, 'killed');
    assert.deepEqual(await flags(), {readOnly: true, superReadOnly: flavour === 'mysql', eventScheduler: 'OFF'});
  });

  test('the event scheduler starts when it ran on the old master', async () => {
    await promote(context, {startEventScheduler: true});
    assert.equal((await flags()).eventScheduler, 'ON');
    assert.deepEqual(context.changes, [{kind: 'event_scheduler', before: 'OFF'}]);
  });

  test('events that cannot be started are a note, and the promotion holds', async () => {
    const admin = flavour === 'mysql' ? 'SYSTEM_VARIABLES_ADMIN, ' : ', SUPER';
    const privileges = leastPrivileges[flavour].replace(admin, '');
    const poor = await openReadyInstance(await createAgentAccount(mysqld, privileges, 'poor'));
    const {notes, changed} = await promote(recordingContext(poor), {startEventScheduler: true});
    poor.close();
    assert.equal(changed, false);
    assert.match(notes.join(), /events do not run on db1:\d+: could not run SET GLOBAL event_scheduler = ON/);
  });

  test('the journal refuses: nothing is changed', async () => {
    await mysqld.sql(readOnlyNow);
    const refusing = recordingContext(instance, signal, () => Promise.reject(new Error('disk full')));
    await assert.rejects(promote(refusing, {startEventScheduler: true}), /disk full/);
    assert.equal((await flags()).readOnly, true);
    await mysqld.sql('SET GLOBAL read_only = 0');
    await assert.rejects(holdReadOnly(refusing, {superReadOnly: true}), /disk full/);
    assert.equal((await flags()).readOnly, false);
  });

  test('holding read-only sets it, kills nobody, and leaves one that is on alone', async () => {
    const app = await clients.connect();
    assert.deepEqual(await holdReadOnly(context, {superReadOnly: true}), {changed: true, notes: []});
    assert.deepEqual(await flags(), {readOnly: true, superReadOnly: flavour === 'mysql', eventScheduler: 'OFF'});
    assert.equal(await isAlive(app), true);
    assert.deepEqual(await holdReadOnly(context, {superReadOnly: true}), {changed: false, notes: []});
  });

  test('a running write delays holding read-only and lives', async () => {
    const app = await clients.connect();
    const write = app.query('UPDATE t SET n = 4 WHERE SLEEP(1.3) = 0');
    await eventually('it runs', async () => (await mysqld.sql('SHOW PROCESSLIST')).some(row => row.User === 'app'));
    await holdReadOnly(context, {superReadOnly: false});
    await write;
    assert.deepEqual(await flags(), {readOnly: true, superReadOnly: false, eventScheduler: 'OFF'});
  });

  test('an operation that is given up while the SET waits leaves no SET behind', async () => {
    const app = await clients.connect();
    await app.query('LOCK TABLES t WRITE');
    const given = recordingContext(instance, AbortSignal.timeout(400));
    await assert.rejects(holdReadOnly(given, {superReadOnly: false}), {reason: 'DEADLINE'});
    const sets = (await mysqld.sql('SHOW PROCESSLIST')).filter(row => String(row.Info).startsWith('SET GLOBAL'));
    assert.deepEqual(sets, []);
    await app.query('UNLOCK TABLES');
    assert.equal((await flags()).readOnly, false);
  });
};

for (const flavour of flavours) describe(`promote on ${flavour}`, {skip: whyNoServer(flavour)}, () => suite(flavour));
