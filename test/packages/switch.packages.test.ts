import assert from 'node:assert/strict';
import {after, before, test} from 'node:test';
import {createLab, type Lab} from '../lab/lab.ts';
import {repository} from '../lab/namespaces.ts';
import {type DbHost, dbHosts} from '../lab/topology.ts';
import {startWriter} from '../lab/writer.ts';
import {installInLab} from './install-in-lab.ts';

let lab: Lab;
let uninstall: (() => Promise<void>) | undefined;

before(async () => {
  lab = await createLab();
  uninstall = await installInLab(lab);
  await lab.writeClusterConfig();
  for (const host of dbHosts) {
    await lab.writeAgentConfig(host);
    await lab.startAgent(host, {entry: '/usr/bin/mha-helper-agent'});
  }
  await lab.writeMhaConfig({
    onlineHook: '/usr/bin/master_ip_online_failover_helper',
    failoverHook: '/usr/bin/master_ip_hard_failover_helper',
    reportHook: '/usr/bin/master_failover_report',
  });
});

after(async () => {
  await lab?.dispose();
  await uninstall?.();
});

const assertMasterIs = async (master: DbHost): Promise<void> => {
  for (const host of dbHosts) {
    const [row] = await lab.sql(host, 'SELECT @@read_only AS read_only');
    assert.equal(Number(row?.read_only), host === master ? 0 : 1, host);
  }
  assert.deepEqual(await lab.vipHolders(), [master]);
};

test('the hosts have the packages and no source tree', async () => {
  for (const host of ['mgr', ...dbHosts] as const)
    assert.equal(
      (await lab.mustExec(host, ['ls', '-A', repository, '/run/lab/kept/1'])).stdout.trim().split('\n').length,
      3,
    );
  assert.equal((await lab.exec('mgr', ['sh', '-c', 'command -v mha-helper-agent'])).code, 127);
});

test('the VIP is placed, real MHA switches there and back, and a writer loses nothing', async () => {
  await lab.mustExec('mgr', ['mha-helper', 'vip', 'acquire', 'lab']);
  await assertMasterIs('db1');
  const writer = await startWriter(lab, {writers: 2, shape: 'pair'});
  const there = await writer.around('db2', () =>
    lab.exec('mgr', ['mha-helper', 'switch', 'lab', '--to', 'db2'], {timeoutMs: 120_000}),
  );
  assert.equal(there.result.code, 0, there.result.stdout + there.result.stderr);
  await assertMasterIs('db2');
  const back = await writer.around('db1', () => lab.switchMaster({to: 'db1'}));
  assert.equal(back.result.code, 0, back.result.stdout + back.result.stderr);
  await assertMasterIs('db1');
  const {acknowledged, lost, duplicated, halves, unresolved} = await writer.finish('db1');
  assert.deepEqual({lost, duplicated, halves, unresolved}, {lost: 0, duplicated: 0, halves: 0, unresolved: 0});
  assert.ok(acknowledged > 100, `only ${acknowledged} writes`);
});

test('a dead master is failed over', async () => {
  await lab.killDb('db1');
  const {code, stdout, stderr} = await lab.exec('mgr', ['mha-helper', 'failover', 'lab', '--dead', 'db1'], {
    timeoutMs: 120_000,
  });
  assert.equal(code, 0, stdout + stderr);
  assert.deepEqual(await lab.vipHolders(), ['db2']);
  const {stdout: history} = await lab.mustExec('mgr', ['mha-helper', 'history', 'lab']);
  assert.match(history, /hard/);
});
