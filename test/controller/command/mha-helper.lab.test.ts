import assert from 'node:assert/strict';
import {join} from 'node:path';
import {after, before, test} from 'node:test';
import {nodeCommand} from '../../lab/agents.ts';
import {createLab, type Lab} from '../../lab/lab.ts';
import {mhaConfigPath} from '../../lab/mha.ts';
import {repository} from '../../lab/namespaces.ts';
import type {Finished} from '../../lab/run.ts';
import {dbHosts, labInterface, writerVip} from '../../lab/topology.ts';

let lab: Lab;

const source = (path: string): string => join(repository, path);
const startAgents = async (): Promise<void> => {
  await Promise.all(dbHosts.map(host => lab.startAgent(host, {entry: source('agent/main.ts')})));
};
const helper = (...args: readonly string[]): Promise<Finished> =>
  lab.exec('mgr', [...nodeCommand(source('controller/bin/mha-helper.ts')), ...args]);
const firstLine = ({stdout}: Finished): string => stdout.split('\n')[0] ?? '';

before(async () => {
  lab = await createLab();
  await lab.installProduct();
  await startAgents();
});

after(() => lab.dispose());

/** Says what the command said when it ends otherwise than expected. */
const assertExit = (finished: Finished, code: number): void => {
  assert.equal(finished.code, code, `${finished.stdout}\n${finished.stderr}`);
};

test('before the first placement the VIP is nowhere, which is critical and says what to do', async () => {
  const status = await helper('status');
  assertExit(status, 2);
  assert.equal(firstLine(status), `lab: CRITICAL - the VIP ${writerVip} is on no host`);
  assert.match(status.stdout, /mha-helper vip acquire lab/);
});

test('a replica never gets the VIP', async () => {
  const acquire = await helper('vip', 'acquire', 'lab', 'db2');
  assertExit(acquire, 1);
  assert.match(acquire.stdout, /FAIL preflight.*db2 is read-only: the VIP belongs on the writable master/);
  assert.deepEqual(await lab.vipHolders(), []);
});

test('a machine that has the VIP already is found before anything changes', async () => {
  await lab.mustExec('client', ['ip', 'address', 'add', writerVip, 'dev', labInterface]);
  const acquire = await helper('vip', 'acquire', 'lab');
  await lab.mustExec('client', ['ip', 'address', 'del', writerVip, 'dev', labInterface]);
  assertExit(acquire, 1);
  assert.match(acquire.stdout, /FAIL preflight.*another machine \([0-9a-f:]+\) answers for 10\.77\.0\.100\/24/);
  assert.deepEqual(await lab.vipHolders(), []);
});

test('the first placement puts the VIP on the writable master, and twice is fine', async () => {
  const first = await helper('vip', 'acquire', 'lab');
  assertExit(first, 0);
  assert.deepEqual(await lab.vipHolders(), ['db1']);
  const again = await helper('vip', 'acquire', 'lab', 'db1');
  assertExit(again, 0);
  assert.match(again.stdout, /already present/);
});

test('a cluster in order is healthy, in 80 plain columns and as one JSON object', async () => {
  const status = await helper('status');
  assertExit(status, 0);
  assert.equal(firstLine(status), 'lab: HEALTHY');
  assert.match(status.stdout, /^ {2}db1 +master +off +- +VIP +729 d/m);
  assert.match(status.stdout, /^ {2}db3 +replica +on +\S+, 0 s behind +729 d/m);
  for (const line of status.stdout.split('\n')) assert.match(line, /^[\x20-\x7e]{0,80}$/);
  const json = JSON.parse((await helper('status', 'lab', '--json')).stdout);
  assert.equal(json.level, 'healthy');
  assert.deepEqual(json.clusters[0].vips, [{cidr: writerVip, holders: ['db1']}]);
});

test('check finds nothing to complain about, and then what is missing in MHA and in agent.ini', async () => {
  const hook = async (name: string): Promise<string> => {
    await lab.write('mgr', `/var/tmp/${name}`, '#!/bin/sh\n', 0o755);
    return `/var/tmp/${name}`;
  };
  const hooks = {
    onlineHook: await hook('master_ip_online_failover_helper'),
    failoverHook: await hook('master_ip_hard_failover_helper'),
    reportHook: await hook('master_failover_report'),
  };
  await lab.writeMhaConfig(hooks);
  assertExit(await helper('check'), 0);
  await lab.writeMhaConfig({...hooks, onlineHook: '/usr/bin/true'});
  await lab.writeAgentConfig('db2', {vips: []});
  await lab.startAgent('db2', {entry: source('agent/main.ts')});
  const broken = await helper('check', 'lab');
  await lab.writeAgentConfig('db2');
  await lab.startAgent('db2', {entry: source('agent/main.ts')});
  assertExit(broken, 1);
  assert.match(broken.stdout, /FAIL {2}\/etc\/mha\/app1\.cnf: master_ip_online_change_script does not run/);
  assert.match(broken.stdout, /FAIL {2}VIP: agent on db2: .* is not in this host's agent\.ini/);
  assert.match(broken.stdout, new RegExp(`ok {4}${mhaConfigPath}: the same 3 hosts`));
});

test('a privilege that the account lacks is told as the statement that grants it', async () => {
  await lab.sql('db2', 'REVOKE CONNECTION ADMIN ON *.* FROM mha_helper@localhost');
  const [status, check] = [await helper('status'), await helper('check')];
  await lab.sql('db2', 'GRANT CONNECTION ADMIN ON *.* TO mha_helper@localhost');
  assertExit(status, 1);
  assert.equal(firstLine(status), "lab: DEGRADED - the agent's account on db2 lacks privileges");
  assertExit(check, 1);
  assert.match(check.stdout, /FAIL .*run there: GRANT CONNECTION ADMIN ON \*\.\* TO 'mha_helper'@'localhost';/);
});

test('the VIP on two hosts is critical, and release mends it', async () => {
  await lab.addVip('db3');
  const status = await helper('status');
  assertExit(status, 2);
  assert.equal(firstLine(status), `lab: CRITICAL - the VIP ${writerVip} is on 2 hosts: db1 and db3`);
  const guess = await helper('vip', 'release', 'lab');
  assertExit(guess, 1);
  assert.match(guess.stderr, /more than one host holds 10\.77\.0\.100\/24: db1, db3/);
  assertExit(await helper('vip', 'release', 'lab', 'db3'), 0);
  assert.deepEqual(await lab.vipHolders(), ['db1']);
});

test('broken replication is degraded and named in the first line', async () => {
  await lab.sql('db3', 'STOP SLAVE');
  const status = await helper('status');
  await lab.sql('db3', 'START SLAVE');
  assertExit(status, 1);
  assert.equal(firstLine(status), 'lab: DEGRADED - replication is broken on db3: IO thread and SQL thread not running');
});

test('a silent agent costs its own deadline and its own line, nothing else', async () => {
  lab.freezeAgent('db2');
  const status = await helper('status');
  lab.thawAgent('db2');
  assertExit(status, 1);
  assert.match(firstLine(status), /^lab: DEGRADED - agent on db2: /);
  assert.match(status.stdout, /^ {2}db3 +replica +on +\S+, 0 s behind/m);
  assert.ok(status.durationMs < 8000, `${status.durationMs} ms`); // 3 s of deadline, 1 s to find out why, and Node
});

test('release takes the VIP off its one holder; a second time there is nothing to do', async () => {
  assertExit(await helper('vip', 'release', 'lab'), 0);
  assert.deepEqual(await lab.vipHolders(), []);
  const again = await helper('vip', 'release', 'lab');
  assertExit(again, 0);
  assert.match(again.stdout, /no host of cluster lab holds .*: nothing to release/);
});
