import assert from 'node:assert/strict';
import {mkdirSync, readdirSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {type TestContext, test} from 'node:test';
import {reportHook} from '../../../controller/hook/report.ts';
import {runHook} from '../../../controller/hook/run-hook.ts';
import {noFaults} from '../../../proto/fault-points.ts';
import {recordedArguments} from '../../fixtures/hook-arguments.ts';
import {configDirectory} from '../config/config-directory.ts';
import {type Receiver, startReceiver} from '../report/http-receiver.ts';

const prepare = (t: TestContext, lines: readonly string[]) => {
  const directory = configDirectory(t, {});
  const vip = ['writer_vip_cidr = 10.77.0.100/24', 'cluster_interface = eth0', `state_dir = ${directory}/state`];
  const tls = ['ca', 'cert', 'key'].map(name => `tls_${name} = ${directory}/none`);
  const text = ['[default]', ...vip, ...tls, ...lines, '[db1]', '[db2]', ''].join('\n');
  writeFileSync(join(directory, 'app1.conf'), text);
  const said: string[] = [];
  const call = (argv: readonly string[]): Promise<number> => {
    const tell = (line: string): void => void said.push(line);
    const none = (): never => assert.fail('nothing but mail and posts belongs to a report');
    const processes = {startGuard: none, startStarter: none, startMetrics: none};
    const environment = {argv, configDirectory: directory, tell, faultPoint: noFaults, endBy: () => {}, ...processes};
    return runHook('master_failover_report', () => reportHook(environment), tell);
  };
  return {directory, said, call};
};

const bodies = ({received}: Receiver) => received.map(({body}) => JSON.parse(body));

test('the report of MHA reaches the webhook even if no agent can be asked and the record is unreadable', async t => {
  const receiver = await startReceiver(t);
  const {directory, said, call} = prepare(t, [`report_webhook = ${receiver.url}`]);
  mkdirSync(join(directory, 'state/app1/000000001.jsonl'), {recursive: true});
  assert.equal(await call(recordedArguments('report-succeeded')), 0, said.join('\n'));
  const [facts] = bodies(receiver);
  assert.deepEqual(
    [facts.result, facts.cluster, facts.old_master, facts.new_master, facts.failover],
    ['succeeded', 'app1', 'db2', 'db1', null],
  );
  assert.match(facts.text, /has no record of this failover[\s\S]*Master db2\(10\.77\.0\.12:3306\) is down!/);
  assert.match(said.join('\n'), /^master_failover_report: note: no agent could be asked: /m);
  assert.match(said.join('\n'), /^master_failover_report: posted to 127\.0\.0\.1:\d+$/m);
});

test('a failover without a new master is a failed one', async t => {
  const receiver = await startReceiver(t);
  const {call} = prepare(t, [`report_webhook = ${receiver.url}`]);
  assert.equal(await call(recordedArguments('report-failed')), 0);
  assert.deepEqual(
    bodies(receiver).map(({result, new_master}) => [result, new_master]),
    [['failed', null]],
  );
});

test('exit code 1 says that somebody was not told, the others are, and the report waits', async t => {
  const receiver = await startReceiver(t);
  const {directory, said, call} = prepare(t, [`report_webhook = ${receiver.url}`, 'report_command = /bin/false']);
  assert.equal(await call(recordedArguments('report-succeeded')), 1);
  assert.equal(receiver.received.length, 1);
  assert.match(said.join('\n'), /^master_failover_report: command: \/bin\/false ended with 1; kept/m);
  assert.match(readdirSync(join(directory, 'state/app1/reports')).join(), /-command-1\.json$/);
});

test('with nobody to tell that is said, and is no failure', async t => {
  const {said, call} = prepare(t, []);
  assert.equal(await call(recordedArguments('report-succeeded')), 0);
  assert.match(said.join('\n'), /^master_failover_report: report_email is empty, and so are .*: nobody is told$/m);
});
