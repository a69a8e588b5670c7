import assert from 'node:assert/strict';
import {after, before, beforeEach, test} from 'node:test';
import type {Connection} from 'mysql2/promise';
import {accounts} from '../lab/accounts.ts';
import type {Running} from '../lab/hosts.ts';
import {poll} from '../lab/poll.ts';
import {outcomeOf, session, writesAgainAfterMs} from './client.ts';
import {assertNeverTwo, recognise} from './expect.ts';
import {observerUser} from './observer.ts';
import {stoppedHook} from './processes.ts';
import {createScene, type Scene} from './scene.ts';
import {Summary} from './summary.ts';

/** Writes are back so long after MHA is gone. */
const boundMs = 5000;

const summary = new Summary();
let scene: Scene;

before(async () => {
  scene = await createScene();
});

beforeEach(async () => {
  await scene.tidy();
  for (const host of ['db1', 'db2', 'db3'] as const) {
    await scene.sql(host, `SET sql_log_bin = 0; GRANT SELECT, LOCK TABLES ON app.* TO ${observerUser}@localhost`);
  }
});

after(async () => {
  await scene.dispose();
  summary.print('Switches that MHA abandons');
});

/** Until MHA waits for something that will never come: its log says on which step. */
const waitsAt = (mha: Running, step: RegExp): Promise<true> =>
  poll(
    `MHA at ${step}`,
    async () => {
      const output = await mha.output();
      assert.ok(!mha.hasEnded(), output);
      return step.test(output) && /online stop done/.test(output) ? true : undefined;
    },
    {timeoutMs: 30_000},
  );

const assertGivenBack = async (): Promise<string> => {
  const ms = await writesAgainAfterMs(scene, 30_000);
  await scene.settled();
  assert.equal(recognise(await scene.states()), 'as before');
  assertNeverTwo(scene);
  const log = await scene.read('mgr', '/var/lib/mha-helper/lab/guard.log');
  assert.ok(ms < boundMs, `writes were back after ${ms} ms\n${log}`);
  return `writes are back after ${ms} ms`;
};

/** MHA waits for this without limit, and holds its FLUSH TABLES WITH READ LOCK on the old master meanwhile. */
const neverCatchUp = async (): Promise<Connection> => {
  const lock = await session(scene, 'db2', observerUser);
  await lock.query('LOCK TABLES app.seed READ');
  await scene.sql('db1', 'INSERT INTO app.seed SELECT MAX(id) + 1 FROM app.seed');
  return lock;
};

/** It is in the server, and has been for so long. */
const runs = (statement: string, forMs: number): Promise<true> => {
  const find = `SELECT COUNT(*) AS n FROM information_schema.processlist WHERE info LIKE '${statement}%' AND time_ms >= ${forMs}`;
  const count = async () => Number((await scene.sql('db1', find))[0]?.n);
  return poll(`${statement}, running`, async () => ((await count()) > 0 ? true : undefined));
};

for (const signal of ['SIGKILL', 'SIGTERM', 'SIGHUP'] as const) {
  test(`the guard gives writes back when the new master never catches up and MHA gets ${signal}`, async () => {
    await summary.tell('the new master never catches up', `MHA: ${signal}`, async () => {
      const lock = await neverCatchUp();
      await scene.writeLog('masterha_master_switch');
      const mha = await scene.spawnSwitch({to: 'db2'});
      await waitsAt(mha, /Waiting to execute all relay logs/);
      mha.kill(signal);
      await mha.ended;
      const outcome = await assertGivenBack();
      lock.destroy();
      return outcome;
    });
  });
}

/**
 * MHA 0.58 sends FLUSH TABLES WITH READ LOCK only where its own SET GLOBAL read_only has failed, as it does for an account
 * that was made before MariaDB took READ ONLY ADMIN out of SUPER. Then any write of a privileged account blocks it.
 */
const letFlushBeBlocked = async (): Promise<void> => {
  await scene.sql('db1', 'CREATE TABLE IF NOT EXISTS app.busy (id INT); INSERT INTO app.busy VALUES (1)');
  await scene.sql(
    'db1',
    `SET sql_log_bin = 0; REVOKE READ ONLY ADMIN ON *.* FROM ${accounts.mha.user}@'10.77.0.%';
    GRANT READ ONLY ADMIN ON *.* TO ${observerUser}@localhost; GRANT UPDATE ON app.* TO ${observerUser}@localhost`,
  );
};

test('the guard gives writes back when FLUSH TABLES is blocked for ever and the operator kills MHA', async () => {
  await summary.tell('FLUSH TABLES blocked for ever', 'MHA: killed by the operator', async () => {
    await letFlushBeBlocked();
    await scene.breakAt('mgr', {'online stop/after commit': 'stop'});
    await scene.writeLog('masterha_master_switch');
    const mha = await scene.spawnSwitch({to: 'db2'});
    const hook = await stoppedHook(scene);
    // An account that is never killed begins a long write between the stop phase and MHA's FLUSH TABLES.
    const batch = await session(scene, 'db1', observerUser);
    const write = outcomeOf(batch.query('UPDATE app.busy SET id = 2 WHERE SLEEP(600) = 0'));
    await runs('UPDATE app.busy', 0);
    await scene.mustExec('mgr', ['kill', '-CONT', hook]);
    await waitsAt(mha, /Executing FLUSH TABLES WITH READ LOCK/);
    await runs('FLUSH TABLES WITH READ LOCK', 1000);
    mha.kill('SIGKILL');
    await mha.ended;
    const outcome = await assertGivenBack();
    batch.destroy();
    await write;
    await scene.renew();
    return outcome;
  });
});

test('the guard keeps its hands off when the start phase has begun', async () => {
  await summary.tell('MHA killed during start', 'MHA and its hook: SIGKILL', async () => {
    await scene.breakAt('mgr', {'online start/after promote': 'stop'});
    await scene.writeLog('masterha_master_switch');
    const mha = await scene.spawnSwitch({to: 'db2'});
    const hook = await stoppedHook(scene);
    mha.kill('SIGKILL');
    await mha.ended;
    await scene.mustExec('mgr', ['kill', '-KILL', hook]);
    await scene.settled();
    assert.equal(recognise(await scene.states()), 'old master demoted');
    await scene.breakAt('mgr', {});
    const {code, stdout} = await scene.recover();
    assert.equal(code, 0, stdout);
    assert.equal(recognise(await scene.states()), 'new master serves');
    assertNeverTwo(scene);
    return 'nothing taken back; recover finishes the start';
  });
});
