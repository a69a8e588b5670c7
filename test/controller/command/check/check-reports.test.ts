import assert from 'node:assert/strict';
import {chmodSync, mkdirSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {type TestContext, test} from 'node:test';
import {checkReports} from '../../../../controller/command/check/check-reports.ts';
import {loadClusters} from '../../../../controller/config/load-clusters.ts';
import {TestPki} from '../../../fixtures/pki.ts';
import {configDirectory} from '../../config/config-directory.ts';
import {startReceiver} from '../../report/http-receiver.ts';

const check = async (t: TestContext, ...lines: readonly string[]): Promise<readonly string[]> => {
  const directory = configDirectory(t, {});
  writeFileSync(join(directory, 'tell'), '#!/bin/sh\n', {mode: 0o755});
  writeFileSync(join(directory, 'key'), 'hunter2\n', {mode: 0o600});
  const queue = join(directory, 'state/app1/reports');
  mkdirSync(queue, {recursive: true});
  const waiting = {version: 1, reason: 'x answered 500', notice: {id: '', body: ''}};
  const name = `000001700000000-${crypto.randomUUID()}-webhook-3.json`;
  if (lines.includes('# waiting')) writeFileSync(join(queue, name), JSON.stringify(waiting));
  const text = ['[default]', 'vip_type = none', `state_dir = ${directory}/state`, ...lines, '[db1]', ''].join('\n');
  writeFileSync(join(directory, 'app1.conf'), text.replaceAll('DIR', directory));
  const {clusters, problems} = loadClusters(directory);
  assert.deepEqual(problems, []);
  const [cluster] = clusters;
  assert.ok(cluster);
  const findings = await checkReports(cluster);
  assert.doesNotMatch(JSON.stringify(findings), /hunter2/);
  return findings.map(one => `${one.result} ${one.text}`);
};

test('nobody is told: a note', async t => {
  const [only, ...more] = await check(t);
  assert.match(only ?? '', /^note report_email, report_webhook and report_command are empty in .*: nobody hears/);
  assert.deepEqual(more, []);
});

test('a webhook is connected to, and nothing is sent', async t => {
  await using pki = await TestPki.create('localhost');
  const receiver = await startReceiver(t, pki.agent('localhost'));
  const url = `report_webhook = ${receiver.url}/hunter2`;
  const format = ['report_webhook_format = pagerduty', 'report_webhook_key_file = DIR/key'];
  const found = await check(t, url, ...format, `report_webhook_ca = ${pki.agent('localhost').ca}`);
  assert.deepEqual(found, [`ok report_webhook: ${new URL(receiver.url).host} answers; nothing was sent`]);
  assert.match((await check(t, url, ...format))[0] ?? '', /^FAIL report_webhook: .*certificate/i);
  assert.deepEqual(receiver.received, []);
});

test('a webhook that cannot work is told', async t => {
  assert.match((await check(t, 'report_webhook = http://127.0.0.1:1/hunter2'))[0] ?? '', /^FAIL .*ECONNREFUSED/);
  assert.match((await check(t, 'report_webhook = /nonexistent/url'))[0] ?? '', /^FAIL report_webhook: ENOENT/);
  const open = await check(t, 'report_webhook = https://127.0.0.1:1/hunter2', 'report_webhook_format = slack');
  assert.match(open[1] ?? '', /^note .*app1\.conf can be read by all and has the URL/);
});

test('a command must be there, run, and belong to nobody else', async t => {
  assert.match((await check(t, 'report_command = DIR/tell x'))[0] ?? '', /^ok report_command: \/.*\/tell$/);
  assert.match((await check(t, 'report_command = /nonexistent/tell'))[0] ?? '', /^FAIL .* is not there/);
  assert.match((await check(t, 'report_command = DIR/key'))[0] ?? '', /^FAIL .* cannot be run/);
  const directory = configDirectory(t, {tell: '#!/bin/sh\n'});
  chmodSync(join(directory, 'tell'), 0o777);
  assert.match((await check(t, `report_command = ${directory}/tell`))[0] ?? '', /^FAIL .* can be changed by others/);
});

test('reports that wait are told with the reason', async t => {
  const found = await check(t, '# waiting');
  assert.match(found[1] ?? '', /^note 1 report waits to be sent, since 1970-.*: webhook: x answered 500$/);
});
