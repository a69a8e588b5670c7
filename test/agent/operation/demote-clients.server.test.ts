import assert from 'node:assert/strict';
import {beforeEach, describe, test} from 'node:test';
import {setTimeout as delay} from 'node:timers/promises';
import type {Instance} from '../../../agent/mysql/instance.ts';
import {MysqlError} from '../../../agent/mysql/mysql-error.ts';
import {demote} from '../../../agent/operation/demote.ts';
import type {Refused} from '../../../agent/refusal.ts';
import {type Clients, isAlive} from '../../fixtures/clients.ts';
import {eventually} from '../../fixtures/eventually.ts';
import type {Mysqld} from '../../fixtures/mysqld.ts';
import {type RecordedContext, recordingContext} from '../../fixtures/mysqld-agent.ts';
import {type Flavour, flavours, whyNoServer} from '../../fixtures/mysqld-server.ts';
import {demotion, demotionStage} from './demotion-stage.ts';

const suite = (flavour: Flavour) => {
  const stage = demotionStage(flavour);
  const {status, isReadOnly} = stage;
  let mysqld: Mysqld;
  let instance: Instance;
  let clients: Clients;
  let context: RecordedContext;

  beforeEach(() => {
    ({mysqld, instance, clients, context} = stage);
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
};

for (const flavour of flavours) describe(`demote on ${flavour}`, {skip: whyNoServer(flavour)}, () => suite(flavour));
