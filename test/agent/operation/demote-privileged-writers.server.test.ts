import assert from 'node:assert/strict';
import {before, beforeEach, describe, test} from 'node:test';
import {demote} from '../../../agent/operation/demote.ts';
import {type Clients, isAlive} from '../../fixtures/clients.ts';
import {eventually} from '../../fixtures/eventually.ts';
import type {Mysqld} from '../../fixtures/mysqld.ts';
import type {RecordedContext} from '../../fixtures/mysqld-agent.ts';
import {whyNoServer} from '../../fixtures/mysqld-server.ts';
import {demotion, demotionStage} from './demotion-stage.ts';

/** On MySQL super_read_only stops these accounts as well. */
const suite = () => {
  const stage = demotionStage('mariadb');
  const {status} = stage;
  let mysqld: Mysqld;
  let clients: Clients;
  let context: RecordedContext;

  const privileged = {user: 'admin', password: 'admin', database: 'shop'};
  const count = async () => (await mysqld.sql('SELECT COUNT(*) AS n FROM shop.t'))[0]?.n;

  before(async () => {
    ({mysqld} = stage);
    await mysqld.sql(`CREATE USER admin@localhost IDENTIFIED BY 'admin';
      GRANT ALL ON shop.* TO admin@localhost; GRANT READ_ONLY ADMIN ON *.* TO admin@localhost`);
  });
  beforeEach(() => {
    ({clients, context} = stage);
  });

  test('a session with READ ONLY ADMIN is killed and its writes end', async () => {
    const admin = await clients.connect(privileged);
    const writing = (async () => {
      for (;;) await admin.query('INSERT INTO t (n) VALUES (1)');
    })().catch(() => {});
    await demote(context, demotion());
    const rows = await count();
    await writing;
    assert.equal(await count(), rows);
  });

  test('a privileged client that reconnects and goes on writing makes it fail', async () => {
    const loops = Array.from({length: 4}, () => clients.reconnectForEver('INSERT INTO t (n) VALUES (1)', privileged));
    await eventually('they write', async () => (await status()).applicationThreads === 4);
    await assert.rejects(demote(context, demotion({deadlineMs: 4_000})), {reason: 'THREADS_REMAIN'});
    clients.end();
    await Promise.all(loops);
  });

  test('a second demotion kills who came in between and relies on the log that stood still since the first', async () => {
    const first = await demote(context, demotion());
    const latecomer = await clients.connect();
    const second = await demote(Object.assign(context, {standstill: first.standstill}), demotion());
    assert.equal(second.changed, true);
    assert.equal(await isAlive(latecomer), false);
    assert.notEqual(first.standstill, undefined);
    assert.deepEqual(second.standstill, first.standstill);
  });

  test('a demotion that settles later leaves it to the second to find who still writes', async () => {
    const first = await demote(context, demotion({settlesLater: true}));
    const later = Object.assign(context, {standstill: first.standstill});
    const admin = await clients.connect(privileged);
    await admin.query('INSERT INTO t (n) VALUES (1)');
    const second = await demote(later, demotion());
    assert.notEqual(second.standstill?.position, first.standstill?.position);
    const loops = Array.from({length: 4}, () => clients.reconnectForEver('INSERT INTO t (n) VALUES (1)', privileged));
    await eventually('they write', async () => (await status()).applicationThreads === 4);
    await demote(later, demotion({settlesLater: true}));
    await assert.rejects(demote(later, demotion({deadlineMs: 4_000})), {reason: 'THREADS_REMAIN'});
    clients.end();
    await Promise.all(loops);
  });

  test('nobody is believed to be silent who was not given the time to come back', async () => {
    const startedMs = performance.now();
    await demote(context, demotion());
    assert.ok(performance.now() - startedMs >= 50, 'alone');
    await clients.connect();
    let killedMs = Number.POSITIVE_INFINITY;
    const progress = (text: string): void => {
      if (text.startsWith('killed')) killedMs = performance.now();
    };
    const first = await demote(Object.assign(context, {progress}), demotion({settlesLater: true}));
    const sinceMs = first.standstill?.sinceMs ?? 0;
    assert.ok(sinceMs >= killedMs, 'from the last kill on');
    await demote(Object.assign(context, {standstill: first.standstill}), demotion());
    assert.ok(performance.now() - sinceMs >= 30, 'behind an earlier one');
    const {standstill} = await demote(context, demotion({settlesLater: true}));
    await demote(Object.assign(context, {standstill, isLastLook: true}), demotion());
    assert.ok(performance.now() - (standstill?.sinceMs ?? 0) >= 50, 'behind an earlier one, before nobody');
  });

  test('a second demotion watches the log anew when somebody wrote after the first', async () => {
    const first = await demote(context, demotion());
    const admin = await clients.connect(privileged);
    await admin.query('INSERT INTO t (n) VALUES (1)');
    const second = await demote(Object.assign(context, {standstill: first.standstill}), demotion());
    assert.equal(await isAlive(admin), false);
    assert.notEqual(second.standstill?.position, first.standstill?.position);
  });

  test('an event whose definer may write under read_only stops', async () => {
    await mysqld.sql(`SET GLOBAL event_scheduler = ON; CREATE EVENT shop.slow ON SCHEDULE EVERY 1 SECOND DO
      BEGIN DECLARE i INT DEFAULT 0; WHILE i < 1000 DO INSERT INTO shop.t (n) VALUES (1); DO SLEEP(0.01); SET i = i + 1; END WHILE; END`);
    const rowsBefore = await count();
    await eventually('the event writes', async () => (await count()) > rowsBefore);
    await demote(context, demotion());
    const rows = await count();
    await assert.rejects(eventually('it goes on writing', async () => (await count()) !== rows, 1_500));
    await mysqld.sql('DROP EVENT shop.slow');
  });
};

describe('demote on mariadb', {skip: whyNoServer('mariadb')}, suite);
