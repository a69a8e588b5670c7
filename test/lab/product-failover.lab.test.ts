import assert from 'node:assert/strict';
import {after, before, beforeEach, test} from 'node:test';
import {recordedArguments} from '../fixtures/hook-arguments.ts';
import {type Mail, type MailServer, mailSettings, startMailServer} from './mail.ts';
import {poll} from './poll.ts';
import {breakableHooks, createProductLab, type ProductLab} from './product-lab.ts';
import type {Finished} from './run.ts';
import {labInterface, writerVip} from './topology.ts';
import {startWriter} from './writer.ts';

let lab: ProductLab;
let mailServer: MailServer;
let mailsBefore = 0;

before(async () => {
  lab = await createProductLab();
  mailServer = await startMailServer(lab);
});
after(() => lab.dispose());
beforeEach(() => lab.reset({cluster: {...mailSettings, report_command: '/usr/bin/tee /run/told.json'}}));

const saidBy = ({code, stdout, stderr}: Finished): string => `exit code ${code}\n${stdout}${stderr}`;
const hard = 'master_ip_hard_failover_helper';

const nextMail = async (): Promise<Mail> => {
  const mail = (await mailServer.received(++mailsBefore)).at(-1);
  assert.ok(mail);
  assert.deepEqual(mail.to, ['dba@example.info']);
  assert.match(mail.from, /^mha_helper@mgr/);
  return mail;
};

test('a running masterha_manager fails over when mysqld is killed; the mail says who holds the VIP and that the old master is released', async () => {
  const writer = await startWriter(lab, {writers: 2});
  const manager = await lab.startManager();
  const {outage} = await writer.around(
    'killed',
    async () => {
      await lab.killDb('db1');
      assert.deepEqual(await manager.ended, {code: 0, signal: null}, await manager.output());
    },
    60_000,
  );
  assert.deepEqual(await lab.vipHolders(), ['db2']);
  assert.ok(!outage.open, JSON.stringify(outage));
  assert.match(await manager.output(), /hard stop done and verified[\s\S]*hard start done and verified/);
  const {text} = await nextMail();
  assert.match(text, /^Subject: app1: MySQL Master failover db1\(10\.77\.0\.11:3306\) to/m);
  assert.match(text, /Old master db1:3306: released\. its agent took the VIP off db1/i);
  assert.match(text, /Writer VIP 10\.77\.0\.100\/24: on db2\./);
  assert.match(text, /Report of MHA:\n\nMaster db1\(10\.77\.0\.11:3306\) is down!/);
  const told = JSON.parse(await lab.read('mgr', '/run/told.json'));
  assert.deepEqual(
    [told.event, told.result, told.failover, told.old_master, told.new_master, told.fencing, told.vips],
    [
      ...['failover', 'succeeded', 'lab-1', 'db1:3306', 'db2', 'released'],
      [{cidr: '10.77.0.100/24', holders: ['db2']}],
    ],
  );
  const {acknowledged, lost, duplicated} = await writer.finish('db2');
  assert.deepEqual({lost, duplicated}, {lost: 0, duplicated: 0}); // the host is alive: MHA saves its binary log
  assert.ok(acknowledged > 100);
});

test('the host of the master is cut off: unknown is said, the hook exits 10, MHA goes on, and the mail warns', async () => {
  await lab.cutOff('db1');
  const finished = await lab.failover({dead: 'db1'});
  const said = saidBy(finished);
  assert.equal(finished.code, 0, said);
  assert.match(said, /UNKNOWN: agent on db1/);
  assert.match(said, /when_not_fenced = proceed: the failover goes on/);
  assert.match(said, /Proceeding/);
  const [db2] = await lab.sql('db2', 'SELECT @@read_only AS value');
  assert.equal(Number(db2?.value), 0);
  assert.ok((await lab.vipHolders()).includes('db2'));
  const {text} = await nextMail();
  assert.match(text, /Old master db1:3306: unknown\./);
  assert.match(text, /ATTENTION: it may still have the VIP and take writes/);
  await assertHeals();
});

/** db1 comes back with the VIP that db2 has by now: it stays silent, and one command of the operator leaves one owner. */
const assertHeals = async (): Promise<void> => {
  const address = writerVip.slice(0, writerVip.indexOf('/'));
  const neighbours = ['client', 'mgr', 'db3'] as const;
  for (const host of neighbours) await lab.mustExec(host, ['bash', '-c', `echo >/dev/udp/${address}/9`]);
  const {stdout: mac} = await lab.mustExec('db2', ['cat', `/sys/class/net/${labInterface}/address`]);
  const assertKnown = async (): Promise<void> => {
    for (const host of neighbours) {
      const {stdout} = await lab.mustExec(host, ['ip', 'neighbour', 'show', address]);
      assert.ok(stdout.includes(mac.trim()), `${host}: ${stdout}`);
    }
  };
  await assertKnown();
  await lab.heal('db1');
  await poll('the word of db1 that it has lost the VIP', async () =>
    (await lab.agentLog('db1')).includes('another machine has the VIP now') ? true : undefined,
  );
  await assertKnown();
  const status = await lab.helper('status', 'lab');
  assert.equal(status.code, 2, saidBy(status));
  assert.match(status.stdout, /is on 2 hosts: db1 and db2/);
  const released = await lab.helper('vip', 'release', 'lab', 'db1');
  assert.equal(released.code, 0, saidBy(released));
  assert.deepEqual(await lab.vipHolders(), ['db2']);
  await assertKnown();
};

test('with when_not_fenced = abort the same stops the failover, and the other hosts stay replicas', async () => {
  await lab.writeClusterConfig({defaults: {...mailSettings, when_not_fenced: 'abort'}});
  await lab.cutOff('db1');
  const finished = await lab.failover({dead: 'db1'});
  assert.notEqual(finished.code, 0, saidBy(finished));
  assert.match(saidBy(finished), /when_not_fenced = abort: the failover stops here/);
  await lab.heal('db1');
  const {db1, db2, db3} = await lab.states();
  assert.deepEqual([db1.readOnly, db2.readOnly, db3.readOnly], [false, true, true]);
  assert.deepEqual(await lab.vipHolders(), ['db1']);
  assert.match((await nextMail()).text, /Old master db1:3306: unknown\./);
});

test('mysqld answers after all: a hard stop takes writes from it as well', async () => {
  await lab.reset({master: 'db2', cluster: mailSettings});
  const finished = await lab.hook(hard, recordedArguments('failover-stopssh'));
  assert.equal(finished.code, 0, saidBy(finished));
  const {db2} = await lab.states();
  assert.deepEqual([db2.readOnly, db2.holdsVip], [true, false]);
});

test('the recorded calls of a failover do what they say, byte for byte', async () => {
  await lab.reset({master: 'db2', cluster: mailSettings});
  const checked = await lab.hook(hard, recordedArguments('check-repl-status'));
  assert.equal(checked.code, 1, saidBy(checked)); // it was recorded when db1 was master
  await lab.killDb('db2');
  const {codes, output} = await lab.hooks([
    {name: hard, args: recordedArguments('failover-stopssh')},
    {name: hard, args: recordedArguments('failover-start')},
    {name: 'master_failover_report', args: recordedArguments('report-succeeded')},
  ]);
  assert.deepEqual(codes, [0, 0, 0], output);
  assert.ok(!output.includes('labpass'), output);
  assert.deepEqual(await lab.vipHolders(), ['db1']);
  const {text} = await nextMail();
  assert.match(text, /db2\(10\.77\.0\.12:3306\) to db1\(10\.77\.0\.11:3306\) succeeded/);
  assert.match(text, /Old master db2:3306: released/);
});

test('the recorded calls of a failover whose host is gone, byte for byte', async () => {
  await lab.reset({master: 'db2', cluster: mailSettings});
  await lab.cutOff('db2');
  const {codes, output} = await lab.hooks([
    {name: hard, args: recordedArguments('failover-stop')},
    {name: 'master_failover_report', args: recordedArguments('report-failed')},
  ]);
  assert.deepEqual(codes, [10, 0], output);
  assert.match((await nextMail()).text, /Old master db2:3306: unknown/);
});

test('masterha_check_repl passes with our status hook, and fails with its reason', async () => {
  const passes = await lab.checkRepl();
  assert.equal(passes.code, 0, saidBy(passes));
  assert.match(passes.stdout, /status of cluster lab, master db1: ready for failover/);
  const failsWith = (finished: Finished, reason: RegExp): void => {
    assert.equal(finished.code, 1, saidBy(finished));
    assert.match(finished.stdout, /NOT ready for failover/);
    assert.match(finished.stdout, reason);
  };
  const status = (): Promise<Finished> => lab.hook(hard, recordedArguments('check-repl-status'));
  await lab.removeVip('db1');
  failsWith(await lab.checkRepl(), /FAIL 10\.77\.0\.100\/24 is not on db1; mha-helper vip acquire lab/);
  await lab.addVip('db1');
  await lab.sql('db2', 'SET GLOBAL read_only = 0');
  failsWith(await status(), /FAIL db2 is writable, and should be read-only/);
  await lab.sql('db2', 'SET GLOBAL read_only = 1');
  await lab.stopAgent('db3');
  failsWith(await status(), /FAIL agent on db3: nobody listens on/);
});

test('a hard start keeps trying while another machine has the VIP, then goes on with exit code 10', async () => {
  await lab.reset({master: 'db2', cluster: {hook_timeout: '7'}});
  await lab.killDb('db2');
  await lab.removeVip('db2');
  await lab.mustExec('client', ['ip', 'address', 'add', writerVip, 'dev', labInterface]);
  try {
    const finished = await lab.hook(hard, recordedArguments('failover-start'));
    assert.equal(finished.code, 10, saidBy(finished));
    assert.match(finished.stdout, /answers for it; trying again/);
    assert.match(finished.stdout, /FAIL acquire VIP .*the machine with MAC [0-9a-f:]+ answers for it/);
    const {db1} = await lab.states().catch(() => ({db1: undefined}));
    assert.equal(db1?.holdsVip ?? false, false);
    assert.deepEqual(await lab.sql('db1', 'SELECT @@read_only AS value'), [{value: 0}]);
  } finally {
    await lab.mustExec('client', ['ip', 'address', 'del', writerVip, 'dev', labInterface]);
  }
});

test('a hard start takes the VIP as soon as the other machine lets go of it', async () => {
  await lab.reset({master: 'db2'});
  await lab.killDb('db2');
  await lab.removeVip('db2');
  await lab.mustExec('client', ['ip', 'address', 'add', writerVip, 'dev', labInterface]);
  const {failoverHook} = breakableHooks();
  const log = '/var/log/hard-start';
  const hook = await lab.spawn('mgr', [...failoverHook.split(' '), ...recordedArguments('failover-start')], {log});
  await poll('the first refusal', async () => ((await hook.output()).includes('trying again') ? true : undefined));
  await lab.mustExec('client', ['ip', 'address', 'del', writerVip, 'dev', labInterface]);
  assert.deepEqual(await hook.ended, {code: 0, signal: null}, await hook.output());
  assert.deepEqual(await lab.vipHolders(), ['db1']);
});
