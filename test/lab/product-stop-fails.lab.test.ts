import assert from 'node:assert/strict';
import {after, before, describe, test} from 'node:test';
import {boundaries} from '../faults/boundaries.ts';
import {recordedArguments} from '../fixtures/hook-arguments.ts';
import {createProductLab, type HostState, type ProductLab} from './product-lab.ts';
import type {Finished} from './run.ts';
import {openSession, type Session} from './session.ts';
import {type DbHost, dbHosts} from './topology.ts';
import {startWriter} from './writer.ts';

const stop = (options?: {readonly timeoutMs: number}): Promise<Finished> =>
  lab.hook('master_ip_online_failover_helper', recordedArguments('online-stop'), options);
const saidBy = ({code, stdout, stderr}: Finished): string => `exit code ${code}\n${stdout}${stderr}`;

/** An account that is never killed: what it has open must outlive a stop that failed. */
const watch = {user: 'watch', password: 'watchpass'};
const settings = {exclude_users: watch.user, hook_timeout: '8'};

let lab: ProductLab;
let asBefore: Readonly<Record<DbHost, HostState>>;
let session: Session;
let rows = 0;

before(async () => {
  lab = await createProductLab({cluster: settings});
  await lab.sql(
    'db1',
    `CREATE USER watch@'10.77.0.%' IDENTIFIED BY '${watch.password}'; GRANT ALL ON app.* TO watch@'10.77.0.%';
     CREATE TABLE app.rows (id INT AUTO_INCREMENT PRIMARY KEY); SET GLOBAL event_scheduler = ON`,
  );
  session = await openSession(lab, watch);
  asBefore = await lab.states();
  assert.deepEqual(
    dbHosts.map(host => asBefore[host].eventScheduler),
    ['ON', 'OFF', 'OFF'],
  );
});
after(() => lab.dispose());

/** All hosts as they were, to agents, to root and to clients: one that stayed connected and one that comes anew. */
const assertAsBefore = async (said: string): Promise<void> => {
  assert.deepEqual(await lab.states(), asBefore, said);
  for (const host of ['db1', 'db2'] as const) {
    const states = await lab.operationStates(host).catch(() => []); // refused before anything was opened there
    assert.ok(
      states.every(state => state === 'undone'),
      `${host}: ${states}\n${said}`,
    );
  }
  const fresh = await openSession(lab);
  for (const client of [session, fresh]) {
    rows++;
    assert.equal(await client.ask('INSERT INTO app.rows VALUES (); SELECT COUNT(*) FROM app.rows'), `${rows}`, said);
  }
  fresh.close();
};

describe('an online stop that fails leaves all hosts as they were', () => {
  test('at every step of the plan, before it and after it', async t => {
    const steps = boundaries(lab.pathOf('mgr', '/etc/mha-helper')).filter(({phase}) => phase === 'online stop');
    const names = steps.flatMap(({next}) => next?.name ?? []);
    assert.ok(names.includes('preflight') && names.includes('commit'), `${names}`);
    for (const point of names.flatMap(name => [`online stop/before ${name}`, `online stop/after ${name}`])) {
      await t.test(point, async () => {
        await lab.breakAt('mgr', {[point]: 'fail'});
        const finished = await stop();
        await lab.breakAt('mgr', {});
        assert.equal(finished.code, 1, saidBy(finished));
        assert.match(finished.stdout, /fault injected at .*\n[\s\S]*FAILED; everything is as it was/);
        await assertAsBefore(saidBy(finished));
      });
    }
  });

  test('when a step of the agent fails after it has changed the host', async t => {
    const points = [
      ['db2', 'online stop/after HoldReadOnly'],
      ['db1', 'online stop/after Demote'],
      ['db1', 'online stop/after ReleaseVip'],
      ['db1', 'online stop/before Commit'],
      ['db2', 'online stop/before Commit'], // the old master's is final by then
    ] as const;
    for (const [host, point] of points) {
      await t.test(`${point} on ${host}`, async () => {
        await lab.breakAt(host, {[point]: 'fail'});
        const finished = await stop();
        await lab.breakAt(host, {});
        assert.equal(finished.code, 1, saidBy(finished));
        await assertAsBefore(saidBy(finished));
      });
    }
  });

  test('when the old master cannot let go of the address', async () => {
    const refusing =
      '#!/bin/sh\ncase "$*" in *del*|*-batch*) echo "RTNETLINK answers: Device or resource busy" >&2; exit 2;; esac\nexec /run/lab/ip "$@"\n';
    const ip = (await lab.mustExec('db1', ['readlink', '-f', '/usr/sbin/ip'])).stdout.trim();
    await lab.write('db1', '/run/lab/refusing-ip', refusing, 0o755);
    await lab.mustExec('db1', ['cp', ip, '/run/lab/ip']);
    await lab.mustExec('db1', ['mount', '--bind', '/run/lab/refusing-ip', ip]);
    await lab.mustExec('db1', ['pkill', '-KILL', '-f', '^[^ ]*ip -j -force -batch']); // the one that stands by is another file
    const finished = await stop();
    await lab.mustExec('db1', ['umount', ip]);
    assert.equal(finished.code, 1, saidBy(finished));
    assert.match(finished.stdout, /FAIL release VIP .*Device or resource busy/);
    await assertAsBefore(saidBy(finished));
  });

  test('when an account that must not be killed blocks read_only for longer than the bound', async () => {
    await session.ask('LOCK TABLES app.rows WRITE');
    const finished = await stop();
    await session.ask('UNLOCK TABLES');
    assert.equal(finished.code, 1, saidBy(finished));
    assert.match(finished.stdout, /FAIL demote /);
    assert.ok(finished.durationMs < 20_000, `${finished.durationMs} ms`);
    await assertAsBefore(saidBy(finished));
  });

  test('when MHA drives it and a client writes all the while', async () => {
    const writer = await startWriter(lab, {writers: 2, shape: 'pair'});
    await lab.breakAt('mgr', {'online stop/before verify': 'fail'});
    const {result, outage} = await writer.around('failed', () => lab.switchMaster({to: 'db2'}));
    await lab.breakAt('mgr', {});
    assert.notEqual(result.code, 0, saidBy(result));
    assert.ok(!outage.open, JSON.stringify(outage));
    await assertAsBefore(saidBy(result));
    const {acknowledged, lost, duplicated, halves, unresolved} = await writer.finish('db1');
    assert.deepEqual({lost, duplicated, halves, unresolved}, {lost: 0, duplicated: 0, halves: 0, unresolved: 0});
    assert.ok(acknowledged > 100, `only ${acknowledged} writes`);
  });

  test('and what was so before is not cleared: an operator’s read_only, and a VIP that was nowhere, stay', async () => {
    await lab.sql('db1', 'SET GLOBAL read_only = 1; SET GLOBAL event_scheduler = OFF');
    await lab.removeVip('db1');
    await lab.breakAt('mgr', {'online stop/after commit': 'fail'});
    const finished = await stop();
    await lab.breakAt('mgr', {});
    assert.equal(finished.code, 1, saidBy(finished));
    const {db1} = await lab.states();
    assert.deepEqual(db1, {readOnly: true, eventScheduler: 'OFF', holdsVip: false, rules: ''});
    assert.match(finished.stdout, /note: .*read-only already/);
    assert.match(finished.stdout, /note: .*is not on db1/);
    await lab.sql('db1', 'SET GLOBAL read_only = 0; SET GLOBAL event_scheduler = ON');
    await lab.addVip('db1');
    await lab.flushNeighbours('client');
  });

  test('and the next switch succeeds', async () => {
    const finished = await lab.switchMaster({to: 'db2'});
    assert.equal(finished.code, 0, saidBy(finished));
    assert.deepEqual(await lab.vipHolders(), ['db2']);
  });
});
