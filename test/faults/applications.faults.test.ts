import assert from 'node:assert/strict';
import {poll} from '../lab/poll.ts';
import {applicationSession, outcomeOf, session} from './client.ts';
import {assertInTime} from './expect.ts';
import {assertEnd, setStage} from './stage.ts';

const stage = setStage('Applications that stand in the way');

stage.scenario('prepared XA transaction on the old master', 'online stop', async () => {
  const xa = await session(stage.scene, 'db1', 'root');
  await xa.query("XA START 'x'");
  await xa.query('INSERT INTO app.seed SELECT MAX(id) + 1 FROM app.seed');
  await xa.query("XA END 'x'");
  await xa.query("XA PREPARE 'x'");
  const end = await stage.mha.call('online stop');
  await xa.query("XA ROLLBACK 'x'");
  xa.destroy();
  assertEnd(end, 1, /prepared XA/);
  await stage.assertRest('as before');
  return 'refused before the first change';
});

for (const [seconds, fate] of [
  [0.6, 'done'],
  [30, 'lost'],
] as const) {
  stage.scenario(`UPDATE of ${seconds} s, kill_after_timeout 1 s`, 'online stop', async () => {
    const app = await applicationSession(stage.scene, 'db1');
    await stage.scene.sql(
      'db1',
      'CREATE TABLE IF NOT EXISTS app.busy (id INT); TRUNCATE app.busy; INSERT INTO app.busy VALUES (1)',
    );
    const update = outcomeOf(app.query(`UPDATE app.busy SET id = 2 WHERE SLEEP(${seconds}) = 0`));
    const end = await stage.mha.call('online stop');
    const outcome = await update;
    const [row] = await stage.scene.sql('db1', 'SELECT id FROM app.busy');
    assertEnd(end, 0);
    assert.equal(outcome === 'done' ? 'done' : 'lost', fate, outcome);
    assert.equal(row?.id, fate === 'done' ? 2 : 1);
    await stage.assertRest('as before');
    return fate === 'done' ? 'may finish' : 'killed and rolled back';
  });
}

stage.scenario('LOCK TABLES WRITE', 'online stop', async () => {
  const app = await applicationSession(stage.scene, 'db1');
  await app.query('LOCK TABLES app.seed WRITE');
  assertEnd(await stage.mha.call('online stop'), 0);
  await stage.assertRest('as before');
  return 'killed; the switch goes on';
});

stage.scenario('a transaction over a million rows', 'online stop', async () => {
  await stage.scene.sql('db1', 'CREATE TABLE IF NOT EXISTS app.big (id INT PRIMARY KEY)');
  const app = await applicationSession(stage.scene, 'db1');
  await app.query('START TRANSACTION');
  const filled = await outcomeOf(app.query('INSERT INTO app.big SELECT seq FROM app.seq_1_to_1000000'));
  assert.equal(filled, 'done');
  const end = await stage.mha.call('online stop');
  assertEnd(end, 0);
  const [row] = await stage.scene.sql('db1', 'SELECT COUNT(*) AS n FROM app.big', {timeoutMs: 30_000});
  assert.equal(Number(row?.n), 0);
  await stage.assertRest('as before');
  return `killed and rolled back in ${Math.round(end.durationMs / 100) / 10} s`;
});

stage.scenario('15 long SELECTs', 'online stop', async () => {
  const readers = await Promise.all(Array.from({length: 15}, () => applicationSession(stage.scene, 'db1')));
  const reading = readers.map(reader => outcomeOf(reader.query('SELECT SLEEP(1000) FROM app.seed')));
  assertEnd(await stage.mha.call('online stop'), 0);
  assert.ok((await Promise.all(reading)).every(outcome => outcome !== 'done'));
  await stage.assertRest('as before');
  return 'killed after the grace';
});

stage.scenario('max_connections exhausted', 'online stop', async () => {
  await stage.scene.sql('db1', 'SET GLOBAL max_connections = 30');
  const opened = await Promise.allSettled(Array.from({length: 60}, () => applicationSession(stage.scene, 'db1')));
  const full = opened.filter(one => one.status === 'rejected' && one.reason.code === 'ER_CON_COUNT_ERROR').length;
  const end = await stage.mha.call('online stop');
  await stage.scene.sql('db1', 'SET GLOBAL max_connections = 200');
  assert.ok(full > 0, 'there was room');
  assertEnd(end, 0);
  await stage.assertRest('as before');
  return 'the kept connections do it';
});

stage.scenario('200 clients that reconnect at once', 'online stop', async () => {
  await stage.scene.sql('db1', 'CREATE TABLE IF NOT EXISTS app.storm (id INT)');
  const stop = new AbortController();
  const storm = Promise.all(
    Array.from({length: 200}, async () => {
      while (!stop.signal.aborted) {
        const app = await applicationSession(stage.scene, 'db1').catch(() => undefined);
        await app?.query('INSERT INTO app.storm VALUES (1)').catch(() => undefined);
        await app?.query('SELECT SLEEP(0.05)').catch(() => undefined);
        app?.destroy();
      }
    }),
  );
  const end = await stage.mha.call('online stop');
  stop.abort();
  await storm;
  assert.ok(end.code === 0 || end.code === 1, end.output);
  assertInTime(end);
  await stage.assertRest('as before');
  return end.code === 0 ? 'out' : 'refused and undone';
});

stage.scenario('event of a privileged definer', 'online stop', async () => {
  await stage.scene.sql(
    'db1',
    `CREATE TABLE IF NOT EXISTS app.ticks (at TIMESTAMP(6) DEFAULT NOW(6));
    CREATE OR REPLACE EVENT app.tick ON SCHEDULE EVERY 1 SECOND DO INSERT INTO app.ticks () VALUES ()`,
  );
  const count = async () => Number((await stage.scene.sql('db1', 'SELECT COUNT(*) AS n FROM app.ticks'))[0]?.n);
  await poll('a tick', async () => ((await count()) > 0 ? true : undefined));
  assertEnd(await stage.mha.call('online stop'), 0);
  const [first] = await stage.scene.sql('db1', 'SHOW MASTER STATUS');
  await new Promise(resolve => setTimeout(resolve, 2500)); // two ticks would have come
  const [last] = await stage.scene.sql('db1', 'SHOW MASTER STATUS');
  assert.deepEqual(last, first);
  await stage.assertRest('as before');
  await stage.scene.sql('db1', 'DROP EVENT app.tick');
  return 'no tick after the stop; ticks again after the undo';
});
