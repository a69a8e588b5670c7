import assert from 'node:assert/strict';
import {after, afterEach, before, beforeEach, describe, test} from 'node:test';
import {setTimeout as delay} from 'node:timers/promises';
import type {Instance} from '../../../agent/mysql/instance.ts';
import {MysqlError} from '../../../agent/mysql/mysql-error.ts';
import {readInstanceStatus} from '../../../agent/mysql/read-status.ts';
import {type Demotion, demote, undoEventScheduler, undoReadOnly} from '../../../agent/operation/demote.ts';
import type {Refused} from '../../../agent/refusal.ts';
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

const demotion = (change: Partial<Demotion> = {}): Demotion => ({
  superReadOnly: true,
  graceMs: 0,
  deadlineMs: 10_000,
  excludeUsers: [],
  ...change,
});

const suite = (flavour: Flavour) => {
  let mysqld: Mysqld;
  let instance: Instance;
  let clients: Clients;
  let context: RecordedContext;

  before(async () => {
    mysqld = await startMysqld(flavour, ['--max-connections=150', '--event-scheduler=OFF']);
    await mysqld.sql(`
      CREATE DATABASE shop; CREATE TABLE shop.t (id INT PRIMARY KEY AUTO_INCREMENT, n INT) ENGINE=InnoDB;
      INSERT INTO shop.t (n) VALUES (1), (2), (3);
      CREATE USER app@localhost IDENTIFIED BY 'app'; GRANT ALL ON shop.* TO app@localhost;
      CREATE USER backup@localhost IDENTIFIED BY 'backup'; GRANT ALL ON shop.* TO backup@localhost;`);
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
    await eventually('the clients are gone', async () => (await status()).applicationThreads === 0);
  });

  const status = () => readInstanceStatus(instance, {brief: true, signal});
  const isReadOnly = async () => {
    const {readOnly, superReadOnly} = await status();
    return readOnly && superReadOnly !== false;
  };

  test('an idle server is demoted within 150 ms, and a second time without a change', async () => {
    const startedMs = performance.now();
    const {changed, notes} = await demote(context, demotion());
    assert.deepEqual({changed, notes}, {changed: true, notes: []});
    assert.ok(performance.now() - startedMs < 150, `${performance.now() - startedMs} ms`);
    assert.equal(await isReadOnly(), true);
    const again = await demote(context, demotion());
    assert.deepEqual({changed: again.changed, notes: again.notes}, {changed: false, notes: []});
    assert.equal(context.changes.length, 1);
  });

  test('super_read_only stays off when it is not asked for', async () => {
    await demote(context, demotion({superReadOnly: false}));
    const {readOnly, superReadOnly} = await status();
    assert.deepEqual([readOnly, superReadOnly], [true, flavour === 'mysql' ? false : undefined]);
  });

  test('the undo makes it writable again, also when it runs twice', async () => {
    await demote(context, demotion());
    const [change] = context.changes;
    assert.ok(change?.kind === 'read_only');
    for (const _ of [1, 2]) {
      assert.equal(await undoReadOnly(change, context), `read_only is off as before on db1:${mysqld.port}`);
      assert.equal((await status()).readOnly, false);
    }
  });

  test('a server that was read-only before stays so after the undo', async () => {
    await mysqld.sql('SET GLOBAL read_only = 1');
    await demote(context, demotion());
    for (const change of context.changes) if (change.kind === 'read_only') await undoReadOnly(change, context);
    const {readOnly, superReadOnly} = await status();
    assert.deepEqual([readOnly, superReadOnly], [true, flavour === 'mysql' ? false : undefined]);
  });

  test('a running UPDATE is killed while it blocks read_only, and its change is lost', async () => {
    const writer = await clients.connect();
    const update = writer.query('UPDATE t SET n = 100 WHERE id = 1 AND SLEEP(30) = 0').then(
      () => 'done',
      () => 'killed',
    );
    await eventually('it runs', async () => (await mysqld.sql('SHOW PROCESSLIST')).some(row => row.User === 'app'));
    const startedMs = performance.now();
    await demote(context, demotion());
    assert.ok(performance.now() - startedMs < 2_000);
    assert.equal(await update, 'killed');
    assert.equal(await isReadOnly(), true);
    assert.match(context.told.join('\n'), /killed 1 running statement that blocked read_only/);
  });

  test('a running UPDATE that ends within the grace is not killed', async () => {
    const writer = await clients.connect();
    const update = writer.query('UPDATE t SET n = n + 1 WHERE id = 2 AND SLEEP(1.5) = 0');
    await eventually('it runs', async () => (await mysqld.sql('SHOW PROCESSLIST')).some(row => row.User === 'app'));
    await demote(context, demotion({graceMs: 5_000}));
    assert.equal((await update)[0] !== undefined, true);
    assert.equal(await isReadOnly(), true);
  });

  test('LOCK TABLES WRITE of a session that runs nothing blocks for half a second at most', async () => {
    const holder = await clients.connect();
    await holder.query('LOCK TABLES t WRITE');
    const startedMs = performance.now();
    await demote(context, demotion());
    assert.ok(performance.now() - startedMs < 1_000, `${performance.now() - startedMs} ms`);
    assert.equal(await isReadOnly(), true);
    assert.equal(await isAlive(holder), false);
  });

  test('a KILL that gets no answer in time is given again', async () => {
    const app = await clients.connect();
    let unanswered = 2;
    const {killer} = instance;
    const batch = async (...given: Parameters<typeof killer.batch>) => {
      if (given[0][0]?.startsWith('KILL') && unanswered-- > 0)
        throw new MysqlError('DEADLINE', 'could not run KILL: mysqld did not answer in time');
      return killer.batch(...given);
    };
    const slow = {id: killer.id, query: killer.query.bind(killer), flavour: killer.flavour.bind(killer), batch};
    const slowly = recordingContext({...instance, killer: slow as unknown as typeof killer});
    await demote(slowly, demotion());
    assert.equal(await isAlive(app), false);
    assert.match(slowly.told.join('\n'), /did not answer in time; trying again/);
  });

  test('an idle open transaction gets its grace and is killed then', async () => {
    const writer = await clients.connect();
    await writer.query('BEGIN');
    await writer.query('UPDATE t SET n = 9 WHERE id = 3');
    await eventually('it is seen', async () => {
      await delay(110); // InnoDB renews its picture only when nobody looks
      return (await status()).longWriters[0]?.user === 'app';
    });
    const startedMs = performance.now();
    await demote(context, demotion({graceMs: 700}));
    const tookMs = performance.now() - startedMs;
    assert.ok(tookMs >= 700 && tookMs < 1_500, `${tookMs} ms`);
    assert.match(context.told.join('\n'), /waiting for 1 application thread: 1 idle open transaction, longest \d s/);
    assert.equal(await isAlive(writer), false);
    assert.deepEqual(await mysqld.sql('SELECT n FROM shop.t WHERE id = 3'), [{n: 3}]);
  });

  test('50 connections of which 40 are idle do not cost the grace once the 10 are done', async () => {
    const sessions = await clients.many(50);
    const busy = sessions.slice(0, 10).map(session => session.query('SELECT SLEEP(0.6)'));
    const startedMs = performance.now();
    await demote(context, demotion({graceMs: 8_000}));
    assert.ok(performance.now() - startedMs < 2_500, `${performance.now() - startedMs} ms`);
    await Promise.all(busy); // finished, not killed
    assert.equal((await status()).applicationThreads, 0);
    assert.match(context.told.join('\n'), /killed 50 application threads/);
  });

  test('clients that begin new statements all the time do not cost the grace', async () => {
    const loops = Array.from({length: 5}, () => clients.reconnectForEver('INSERT INTO t (n) VALUES (7)'));
    await eventually('they write', async () => (await status()).applicationThreads === 5);
    const startedMs = performance.now();
    await demote(context, demotion({graceMs: 8_000}));
    assert.ok(performance.now() - startedMs < 3_000, `${performance.now() - startedMs} ms`);
    const count = async () => (await mysqld.sql('SELECT COUNT(*) AS n FROM shop.t'))[0]?.n;
    const rows = await count();
    clients.end();
    await Promise.all(loops);
    assert.equal(await count(), rows);
  });

  test('the event scheduler is stopped, and the undo starts it again', async () => {
    await mysqld.sql(`SET GLOBAL event_scheduler = ON;
      CREATE EVENT shop.tick ON SCHEDULE EVERY 1 SECOND DO INSERT INTO shop.t (n) VALUES (1)`);
    await demote(context, demotion());
    assert.equal((await status()).eventScheduler, 'OFF');
    assert.deepEqual(context.changes[0], {kind: 'event_scheduler', before: 'ON'});
    await undoReadOnly({kind: 'read_only', before: {readOnly: false, superReadOnly: false}}, context);
    assert.match(await undoEventScheduler({kind: 'event_scheduler', before: 'ON'}, context), /event_scheduler is ON/);
    assert.equal((await status()).eventScheduler, 'ON');
    await mysqld.sql('DROP EVENT shop.tick');
  });

  test('without PROCESS or without the right to set read_only nothing is changed', async () => {
    const all = leastPrivileges[flavour].split(', ');
    for (const [user, lacking] of [
      ['blind', 'PROCESS'],
      ['weak', all[0]],
    ] as const) {
      const left = all.filter(privilege => privilege !== lacking && privilege !== 'SUPER').join(', ');
      const poor = await openReadyInstance(await createAgentAccount(mysqld, left, user));
      await assert.rejects(demote(recordingContext(poor), demotion()), {reason: 'MISSING_PRIVILEGE'});
      poor.close();
      assert.equal((await status()).readOnly, false);
    }
  });

  test('excluded accounts and our own connections live on', async () => {
    const [backup, app] = [await clients.connect({user: 'backup', password: 'backup'}), await clients.connect()];
    await demote(context, demotion({excludeUsers: ['backup']}));
    assert.deepEqual([await isAlive(backup), await isAlive(app)], [true, false]);
  });

  test('when an excluded account blocks read_only, it gives up, and no SET is left on the server', async () => {
    const backup = await clients.connect({user: 'backup', password: 'backup', database: 'shop'});
    await backup.query('LOCK TABLES t WRITE');
    const startedMs = performance.now();
    await assert.rejects(demote(context, demotion({deadlineMs: 3_500, excludeUsers: ['backup']})), (error: Refused) => {
      assert.equal(error.reason, 'READ_ONLY_BLOCKED');
      return true;
    });
    assert.ok(performance.now() - startedMs < 3_500);
    await backup.query('UNLOCK TABLES');
    assert.equal((await status()).readOnly, false);
    await mysqld.sql('INSERT INTO shop.t (n) VALUES (5)');
  });

  test('all connections used: the ones opened before still do their work', async () => {
    await clients.many(147).catch(() => {});
    await clients.many(10).catch(() => {}); // none is left, not even the reserved one
    await demote(context, demotion());
    assert.deepEqual([await isReadOnly(), (await status()).applicationThreads], [true, 0]);
  });

  test('a frozen mysqld: the call fails by its deadline', async () => {
    mysqld.freeze();
    try {
      const startedMs = performance.now();
      await assert.rejects(demote(context, demotion({deadlineMs: 800})), {reason: 'DEADLINE'});
      assert.ok(performance.now() - startedMs < 1_200);
      assert.equal(
        (await readInstanceStatus(instance, {brief: true, signal: AbortSignal.timeout(300)})).reachable,
        false,
      );
    } finally {
      mysqld.thaw();
    }
    await eventually('it answers again', async () => (await status()).reachable);
  });

  test('a mysqld frozen while read_only waits: the call fails by its deadline, and the SET does not come later', async () => {
    const holder = await clients.connect();
    await holder.query('LOCK TABLES t WRITE');
    setTimeout(() => mysqld.freeze(), 300);
    const startedMs = performance.now();
    try {
      await assert.rejects(demote(context, demotion({graceMs: 2_500, deadlineMs: 2_500})), {reason: 'DEADLINE'});
      assert.ok(performance.now() - startedMs < 3_000, `${performance.now() - startedMs} ms`);
    } finally {
      mysqld.thaw();
    }
    await eventually('the SET is gone', async () =>
      (await mysqld.sql('SHOW PROCESSLIST')).every(row => !String(row.Info).startsWith('SET GLOBAL')),
    );
    await holder.query('UNLOCK TABLES');
    assert.equal((await status()).readOnly, false);
  });

  test('a big transaction that rolls back counts as present and is told of', async () => {
    const writer = await clients.connect();
    await writer.query('CREATE TABLE big (id INT PRIMARY KEY AUTO_INCREMENT, n VARCHAR(100), KEY (n))');
    await writer.query('BEGIN');
    await writer.query('INSERT INTO big (n) VALUES (UUID()), (UUID()), (UUID()), (UUID())');
    for (let doubling = 0; doubling < 15; doubling++) await writer.query('INSERT INTO big (n) SELECT UUID() FROM big');
    await assert.rejects(demote(context, demotion({deadlineMs: 400})), (error: Refused) => {
      assert.equal(error.reason, 'THREADS_REMAIN');
      assert.match(error.hint, /Still there: app@localhost.* rolls back(, \d+ rows left)?/);
      return true;
    });
    await demote(context, demotion({deadlineMs: 60_000}));
    assert.equal((await status()).applicationThreads, 0);
    await mysqld.sql('SET GLOBAL read_only = 0; DROP TABLE shop.big');
  });

  test('a storm of 60 clients that reconnect at once does not fail the demotion', async () => {
    const loops = Array.from({length: 60}, () => clients.reconnectForEver('INSERT INTO t (n) VALUES (7)'));
    await eventually('they write', async () => (await status()).applicationThreads >= 50);
    const old = await clients.connect();
    const outcome = await demote(context, demotion({graceMs: 1_000}));
    assert.equal(outcome.changed, true);
    assert.equal(await isAlive(old), false);
    for (const note of outcome.notes)
      assert.match(note, /reconnect faster than they are killed; (super_read_only|none of them)/);
    const count = async () => (await mysqld.sql('SELECT COUNT(*) AS n FROM shop.t'))[0]?.n;
    const rows = await count();
    await eventually('they tried for a while', async () => performance.now() > 0, 100);
    assert.equal(await count(), rows);
    clients.end();
    await Promise.all(loops);
  });

  if (flavour === 'mariadb') mariadbOnly();

  function mariadbOnly() {
    const privileged = {user: 'admin', password: 'admin', database: 'shop'};
    const count = async () => (await mysqld.sql('SELECT COUNT(*) AS n FROM shop.t'))[0]?.n;

    before(async () => {
      await mysqld.sql(`CREATE USER admin@localhost IDENTIFIED BY 'admin';
        GRANT ALL ON shop.* TO admin@localhost; GRANT READ_ONLY ADMIN ON *.* TO admin@localhost`);
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
  }
};

for (const flavour of flavours) describe(`demote on ${flavour}`, {skip: whyNoServer(flavour)}, () => suite(flavour));
