import assert from 'node:assert/strict';
import {beforeEach, describe, test} from 'node:test';
import type {Instance} from '../../../agent/mysql/instance.ts';
import {readInstanceStatus} from '../../../agent/mysql/read-status.ts';
import {demote, undoEventScheduler, undoReadOnly} from '../../../agent/operation/demote.ts';
import type {Clients} from '../../fixtures/clients.ts';
import {eventually} from '../../fixtures/eventually.ts';
import type {Mysqld} from '../../fixtures/mysqld.ts';
import {
  createAgentAccount,
  leastPrivileges,
  openReadyInstance,
  type RecordedContext,
  recordingContext,
} from '../../fixtures/mysqld-agent.ts';
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
};

for (const flavour of flavours) describe(`demote on ${flavour}`, {skip: whyNoServer(flavour)}, () => suite(flavour));
