import assert from 'node:assert/strict';
import {copyFile} from 'node:fs/promises';
import {after, before, beforeEach, test} from 'node:test';
import {initPki, issueAgent} from '../../controller/pki/issue.ts';
import {caFiles, roleFiles} from '../../controller/pki/layout.ts';
import {recordedArguments} from '../fixtures/hook-arguments.ts';
import {pkiDirectory} from './product.ts';
import {createProductLab, faultsFile, type HookName, type HostState, type ProductLab} from './product-lab.ts';
import type {Finished} from './run.ts';
import {type DbHost, labInterface, writerVip} from './topology.ts';

let lab: ProductLab;
let asBefore: Readonly<Record<DbHost, HostState>>;

before(async () => {
  lab = await createProductLab();
  await lab.sql('db1', 'SET GLOBAL event_scheduler = ON');
});
after(() => lab.dispose());
beforeEach(async () => {
  asBefore = await lab.states();
});

const online: HookName = 'master_ip_online_failover_helper';
const stopArguments = recordedArguments('online-stop');
const stop = (): Promise<Finished> => lab.hook(online, stopArguments);
const saidBy = ({code, stdout, stderr}: Finished): string => `exit code ${code}\n${stdout}${stderr}`;
const startAgent = (host: DbHost) => lab.startAgent(host, {env: {MHA_HELPER_FAULTS: faultsFile}});

/** One clear answer, no stack trace, and nothing changed on any host. */
const assertRefused = async (finished: Finished, code: number, ...reasons: readonly RegExp[]): Promise<void> => {
  assert.equal(finished.code, code, saidBy(finished));
  for (const reason of reasons) assert.match(finished.stdout, reason);
  assert.ok(!/^\s+at /m.test(finished.stdout + finished.stderr), saidBy(finished));
  assert.equal(finished.stderr, '');
  assert.deepEqual(await lab.states(), asBefore, saidBy(finished));
};

test('required options that are missing are named all at once, with exit code 2', async () => {
  const finished = await lab.hook(online, ['--command=stop', '--orig_master_host=db1']);
  await assertRefused(finished, 2, /--orig_master_port is missing; --new_master_host is missing; --new_master_port/);
  await assertRefused(await lab.hook(online, []), 2, /--command is missing/);
  await assertRefused(await lab.hook('master_failover_report', []), 2, /--orig_master_host is missing/);
});

test('a host that no cluster has is answered with what was looked at, and exit code 2', async () => {
  const args = stopArguments.map(argument => argument.replace('=db1', '=db9').replace('10.77.0.11', '10.77.0.19'));
  const looked =
    /no cluster has db9:3306 \(10\.77\.0\.19\); looked at \/etc\/mha-helper\/lab\.conf \[db1\] \[db2\] \[db3\]/;
  await assertRefused(await lab.hook(online, args), 2, looked);
});

test('every error of the configuration is told at once, with exit code 2', async () => {
  await lab.writeClusterConfig({defaults: {kill_after_timeout: 'soon', writer_vip_cdir: '10.0.0.1/24'}});
  const finished = await stop();
  await lab.writeClusterConfig();
  await assertRefused(finished, 2, /kill_after_timeout/, /writer_vip_cdir.*writer_vip_cidr/);
});

test('an agent that is down is one clear line, before anything changes; two are one list', async () => {
  await lab.stopAgent('db2');
  await assertRefused(await stop(), 1, /FAIL preflight .*agent on db2: nobody listens on 10\.77\.0\.12:7306/);
  await lab.stopAgent('db1');
  await assertRefused(await stop(), 1, /agent on db1: nobody listens/, /agent on db2: nobody listens/);
  await Promise.all([startAgent('db1'), startAgent('db2')]);
});

test('a silent agent costs the survey its own time, and nothing changes', async () => {
  lab.freezeAgent('db2');
  const finished = await stop();
  lab.thawAgent('db2');
  await assertRefused(finished, 1, /agent on db2: .*(does not answer|did not answer)/);
  assert.ok(finished.durationMs < 12_000, `${finished.durationMs} ms`);
});

/** Gives db2's agent the pair that this authority issued for this host, and asks for a stop. */
const stopWithAgentOf = async (pki: string, host: DbHost): Promise<Finished> => {
  const pair = roleFiles(pki, {kind: 'agent', host});
  const to = (file: string): string => lab.pathOf('db2', `${pkiDirectory}/${file}`);
  await copyFile(caFiles(pki).certificate, to('ca.crt'));
  await copyFile(pair.certificate, to('agent.crt'));
  await copyFile(pair.key, to('agent.key'));
  await lab.writeAgentConfig('db2', {agent: {host}});
  await startAgent('db2');
  return stop();
};

test('an agent with a certificate of another authority, and one with that of another host, are refused', async () => {
  const [pki, foreign] = [lab.pathOf('mgr', pkiDirectory), lab.pathOf('mgr', '/run/foreign')];
  await initPki(foreign);
  await issueAgent(foreign, ['db2']);
  const wrongCa = await stopWithAgentOf(foreign, 'db2');
  const wrongHost = await stopWithAgentOf(pki, 'db3');
  await lab.breakAt('mgr', {'online stop/before hold read-only': 'fail'});
  const ownAgain = await stopWithAgentOf(pki, 'db2');
  await lab.breakAt('mgr', {});
  await assertRefused(ownAgain, 1, /ok {3}preflight/);
  await assertRefused(wrongCa, 1, /agent on db2: .*authority/);
  await assertRefused(wrongHost, 1, /wrong agent at 10\.77\.0\.12:7306: .*db3/);
});

test("an operator's certificate may look, and not change anything", async () => {
  const {certificate, key} = roleFiles(pkiDirectory, {kind: 'operator', name: 'alice'});
  await lab.writeClusterConfig({defaults: {tls_cert: certificate, tls_key: key}});
  const [status, finished] = [await lab.helper('status'), await stop()];
  await lab.writeClusterConfig();
  assert.equal(status.code, 0, saidBy(status));
  await assertRefused(finished, 1, /may not|is not allowed/);
});

test('a third machine that answers for the VIP refuses an online stop', async () => {
  await lab.mustExec('client', ['ip', 'address', 'add', writerVip, 'dev', labInterface]);
  const finished = await stop();
  await lab.mustExec('client', ['ip', 'address', 'del', writerVip, 'dev', labInterface]);
  await assertRefused(finished, 1, /FAIL preflight .*another machine \([0-9a-f:]{17}\) answers for 10\.77\.0\.100\/24/);
});

test('all that speaks against a switch stands in one list', async () => {
  await lab.addVip('db3');
  await lab.sql('db2', 'STOP SLAVE; SET GLOBAL read_only = 0');
  const finished = await stop();
  await lab.sql('db2', 'SET GLOBAL read_only = 1; START SLAVE');
  await lab.removeVip('db3');
  await assertRefused(finished, 1, /db2 is writable/, /replication is broken on db2/, /db3 holds 10\.77\.0\.100\/24/);
});

test('unknown options of a later MHA are noted without their values, and the recorded calls move the master', async () => {
  const unknown = ['--new_in_mha_0.59=secret1', '--other', 'secret2'];
  const {codes, output} = await lab.hooks([
    {name: online, args: [...stopArguments, ...unknown]},
    {name: online, args: [...recordedArguments('online-start'), ...unknown]},
  ]);
  assert.deepEqual(codes, [0, 0], output);
  assert.match(output, /note: ignored unknown option --new_in_mha_0\.59/);
  assert.match(output, /note: ignored unknown option --other/);
  assert.ok(!/secret|labpass/.test(output), output);
  const {db1, db2} = await lab.states();
  assert.deepEqual([db1.readOnly, db1.holdsVip, db2.readOnly, db2.holdsVip], [true, false, false, true]);
});

test('the recorded call with SSH options and an escaped password, byte for byte', async () => {
  await lab.reset();
  const {codes, output} = await lab.hooks([
    {name: online, args: recordedArguments('online-stop-ssh-options')},
    {name: online, args: recordedArguments('online-start')},
  ]);
  assert.deepEqual(codes, [0, 0], output);
  assert.ok(!output.includes('p@ss'), output);
  assert.deepEqual(await lab.vipHolders(), ['db2']);
});
