import assert from 'node:assert/strict';
import {after, before, beforeEach, describe, test} from 'node:test';
import {scriptHooks} from './furnish.ts';
import {createLab, type Lab} from './lab.ts';
import {poll} from './poll.ts';
import type {Finished} from './run.ts';
import {addresses, type DbHost} from './topology.ts';
import {startWriter} from './writer.ts';

describe('the lab', () => {
  let lab: Lab;
  before(async () => {
    lab = await createLab();
  });
  after(() => lab.dispose());
  beforeEach(() => lab.rebuild('db1'));

  const saidBy = ({code, stdout, stderr}: Finished): string => `exit code ${code}\n${stdout}${stderr}`;

  const assertReplicaOf = async (host: DbHost, master: DbHost): Promise<void> => {
    const status = await lab.replicaStatus(host);
    assert.equal(status?.Master_Host, addresses[master]);
    assert.equal(status?.Slave_SQL_Running, 'Yes');
    await lab.catchUp(host, master);
  };

  const readOnly = async (host: DbHost): Promise<unknown> =>
    (await lab.sql(host, 'SELECT @@read_only AS value'))[0]?.value;

  test('has hosts with their own names, addresses, files and processes', async () => {
    await lab.write('db1', '/var/lib/mha-helper/mine', 'db1');
    assert.equal((await lab.exec('db2', ['cat', '/var/lib/mha-helper/mine'])).code, 1);
    assert.equal((await lab.mustExec('db2', ['uname', '-n'])).stdout, 'db2\n');
    assert.equal((await lab.mustExec('mgr', ['ssh', 'db3', 'uname', '-n'])).stdout, 'db3\n');
    const processes = (await lab.mustExec('client', ['ps', '-eo', 'comm='])).stdout;
    assert.ok(!processes.includes('mariadbd'), `the client sees the servers' processes: ${processes}`);
  });

  test('bounds a command that does not end, and ends what that started', async () => {
    const finished = await lab.exec('client', ['sh', '-c', 'sleep 1000 | cat'], {timeoutMs: 200});
    assert.ok(finished.timedOut);
    assert.equal((await lab.exec('client', ['pgrep', 'sleep'])).code, 1);
  });

  test('replicates from the master to both others, which are read-only', async () => {
    await assertReplicaOf('db2', 'db1');
    await assertReplicaOf('db3', 'db1');
    assert.deepEqual([await readOnly('db1'), await readOnly('db2'), await readOnly('db3')], [0, 1, 1]);
    assert.deepEqual(await lab.vipHolders(), []);
  });

  test('rebuilds with another master, whatever became of the servers', async () => {
    await lab.freezeDb('db1');
    await lab.killDb('db2');
    await lab.cutOff('db3');
    await lab.addVip('db3');
    await lab.rebuild('db2');
    await assertReplicaOf('db1', 'db2');
    await assertReplicaOf('db3', 'db2');
    assert.equal(await readOnly('db2'), 0);
    assert.deepEqual(await lab.vipHolders(), []);
  });

  test('cuts a host off and heals it; freezes a server and thaws it', async () => {
    const ask = `mysql -h ${addresses.db1} -u app -papppass --connect-timeout=1 -e "SELECT 1"`;
    const fromClient = async (): Promise<number | null> => (await lab.exec('client', ['sh', '-c', ask])).code;
    assert.equal(await fromClient(), 0);
    await lab.cutOff('db1');
    assert.equal(await fromClient(), 1);
    await lab.heal('db1');
    await poll('db1 back on the network', async () => ((await fromClient()) === 0 ? true : undefined));
    await lab.freezeDb('db1');
    assert.equal(await fromClient(), 1);
    await lab.thawDb('db1');
    assert.equal(await fromClient(), 0);
  });

  test('makes a dead master a replica again, and notices when the two differ', async () => {
    await lab.killDb('db1');
    await lab.sql('db2', 'STOP SLAVE; RESET SLAVE ALL; SET GLOBAL read_only = 0; INSERT INTO app.seed VALUES (2)');
    await lab.rejoin('db1', 'db2');
    await assertReplicaOf('db1', 'db2');
    assert.equal(await readOnly('db1'), 1);
    await lab.sql('db2', 'SET sql_log_bin = 0; INSERT INTO app.seed VALUES (3)');
    await lab.sql('db2', 'INSERT INTO app.seed VALUES (4)');
    await assert.rejects(lab.compare('db1', 'db2'), /db1 differs from db2/);
  });

  test("passes MHA's own checks, which run the status hook", async () => {
    await lab.writeMhaConfig(scriptHooks(1));
    const ssh = await lab.checkSsh();
    assert.match(ssh.stdout + ssh.stderr, /All SSH connection tests passed successfully/);
    const withoutVip = await lab.checkRepl();
    assert.equal(withoutVip.code, 1, saidBy(withoutVip));
    await lab.addVip('db1');
    const withVip = await lab.checkRepl();
    assert.equal(withVip.code, 0, saidBy(withVip));
  });

  test('real MHA switches the master and fails over from a dead one, and the client sees both', async () => {
    await lab.writeMhaConfig(scriptHooks(1));
    await lab.addVip('db1');
    await lab.flushNeighbours('client');
    const writer = await startWriter(lab, {writers: 2, shape: 'pair', idle: 3});
    const online = await writer.around('online', () => lab.switchMaster({to: 'db2'}));
    assert.equal(online.result.code, 0, saidBy(online.result));
    assert.deepEqual(await lab.vipHolders(), ['db2']);
    await assertReplicaOf('db1', 'db2');
    await assertReplicaOf('db3', 'db2');
    const hard = await writer.around('hard', async () => {
      await lab.killDb('db2');
      return lab.failover({dead: 'db2'});
    });
    assert.equal(hard.result.code, 0, saidBy(hard.result));
    assert.deepEqual(await lab.vipHolders(), ['db1']);
    await assertReplicaOf('db3', 'db1');
    for (const {open, outageMs} of [online.outage, hard.outage]) {
      assert.ok(!open && outageMs > 0 && outageMs < 20_000, `an outage of ${outageMs} ms`);
    }
    const report = await writer.finish('db1');
    assert.ok(report.acknowledged > 100, `only ${report.acknowledged} writes`);
    assert.deepEqual(
      {lost: report.lost, duplicated: report.duplicated, halves: report.halves, unresolved: report.unresolved},
      {lost: 0, duplicated: 0, halves: 0, unresolved: 0},
    );
  });

  test('a running masterha_manager fails over by itself', async () => {
    await lab.writeMhaConfig(scriptHooks(1));
    await lab.addVip('db1');
    const manager = await lab.startManager();
    await lab.killDb('db1');
    assert.deepEqual(await manager.ended, {code: 0, signal: null}, await manager.output());
    assert.deepEqual(await lab.vipHolders(), ['db2']);
  });

  test('the writer notices writes that are lost, made twice or half', async () => {
    await lab.addVip('db1');
    await lab.flushNeighbours('client');
    const writer = await startWriter(lab, {shape: 'pair'});
    const {outage} = await writer.around('nothing', () => Promise.resolve());
    assert.ok(outage.outageMs < 500, `an outage of ${outage.outageMs} ms although nothing happened`);
    await lab.freezeDb('db1');
    const frozen = await writer.around('frozen', () => Promise.resolve(), 700);
    assert.ok(frozen.outage.open && frozen.outage.outageMs >= 700, `${JSON.stringify(frozen.outage)}`);
    await lab.thawDb('db1');
    await lab.sql(
      'db1',
      `DELETE FROM app.writes WHERE logical_id = 0; DELETE FROM app.writes WHERE logical_id = 1 AND half = 1;
       INSERT INTO app.writes (logical_id, half) VALUES (2, 0), (2, 1)`,
    );
    const {lost, duplicated, halves} = await writer.finish('db1');
    assert.deepEqual({lost, duplicated, halves}, {lost: 1, duplicated: 1, halves: 1});
  });
});
