import assert from 'node:assert/strict';
import {once} from 'node:events';
import {connect} from 'node:net';
import {test} from 'node:test';
import {eventually} from '../../fixtures/eventually.ts';
import {agentSays, samplesOf, scrapeOf, startMetrics} from './agent-says.ts';

test('a replica is told with its role, flags, lag and what it has of the VIP', async () => {
  const page = await scrapeOf(agentSays('db2'));
  assert.deepEqual(samplesOf(page, 'mysqld_role'), ['mysqld_role{port="3306",role="replica",host="db2"} 1']);
  assert.deepEqual(samplesOf(page, 'mysqld_read_only'), ['mysqld_read_only{port="3306",host="db2"} 1']);
  assert.deepEqual(samplesOf(page, 'mysqld_replication_lag_seconds'), [
    'mysqld_replication_lag_seconds{port="3306",host="db2"} 2',
  ]);
  assert.deepEqual(samplesOf(page, 'vip_held'), ['vip_held{vip="10.0.0.50/24",host="db2"} 0']);
  assert.deepEqual(samplesOf(page, 'certificate_expiry_timestamp_seconds'), [
    'certificate_expiry_timestamp_seconds{host="db2"} 4000000000',
  ]);
});

test('what is not known has no sample', async () => {
  const page = await scrapeOf(agentSays('db1', {instance: {reachable: false, error: 'it hangs'}}));
  assert.deepEqual(samplesOf(page, 'mysqld_up'), ['mysqld_up{port="3306",host="db1"} 0']);
  for (const name of ['mysqld_read_only', 'mysqld_role', 'mysqld_application_threads', 'mysqld_replication_io_running'])
    assert.deepEqual(samplesOf(page, name), [], name);
  const master = await scrapeOf(agentSays('db1', {isMaster: true}));
  assert.deepEqual(samplesOf(master, 'mysqld_replication_lag_seconds'), []);
  assert.deepEqual(samplesOf(master, 'mysqld_super_read_only'), []);
});

test('a fact that is over is gone with the next scrape', async t => {
  let status = agentSays('db1', {isMaster: true});
  const {scrape} = await startMetrics(t, async () => status);
  assert.deepEqual(samplesOf(await scrape(), 'mysqld_role'), ['mysqld_role{port="3306",role="master",host="db1"} 1']);
  status = agentSays('db1', {instance: {replication: undefined}});
  assert.deepEqual(samplesOf(await scrape(), 'mysqld_role'), ['mysqld_role{port="3306",role="idle",host="db1"} 1']);
});

test('operations are counted by what is still to be done', async () => {
  const operation = {
    ...{operationId: '1', cluster: 'app1', port: 3306, epoch: 7, purpose: '', changes: [], caller: '', openedMs: 0},
    demotionPending: false,
  };
  const operations = [
    {...operation, state: 'OPEN'},
    {...operation, state: 'UNDO_PENDING'},
    {...operation, state: 'COMMITTED', demotionPending: true},
    {...operation, state: 'OPEN', port: 3307},
  ];
  const page = await scrapeOf(agentSays('db1', {operations}));
  const counts = ['operation_open', 'operation_undo_pending', 'operation_demotion_pending'].map(name =>
    samplesOf(page, name).map(line => line.split(' ')[1]),
  );
  assert.deepEqual(counts, [['1'], ['1'], ['1']]);
});

test('calls are measured by method and result; what nobody serves makes no series', async t => {
  const {callEnded, scrape} = await startMetrics(t, async () => agentSays('db1'));
  callEnded({path: '/mha_helper.v1.Agent/Operate', code: 0, durationMs: 300});
  callEnded({path: '/mha_helper.v1.Agent/Operate', code: 7, durationMs: 1});
  for (const path of ['/itself', `/x/${'y'.repeat(100)}`, '/mha_helper.v1.Agent/"} 1'])
    callEnded({path, code: 12, durationMs: 1});
  const counts = samplesOf(await scrape(), 'rpc_duration_seconds_count');
  assert.deepEqual(counts, [
    'rpc_duration_seconds_count{host="db1",rpc="Operate",code="0"} 1',
    'rpc_duration_seconds_count{host="db1",rpc="Operate",code="7"} 1',
  ]);
});

test('however many scrape at the same time, the host is looked at once', async t => {
  let reads = 0;
  let answer = (): void => {};
  const {scrape} = await startMetrics(t, () => {
    reads++;
    return new Promise(resolve => {
      answer = () => resolve(agentSays('db1'));
    });
  });
  const scrapes = Array.from({length: 8}, scrape);
  await eventually('a scrape has begun', async () => reads > 0);
  await new Promise(done => setTimeout(done, 100));
  answer();
  const pages = await Promise.all(scrapes);
  assert.equal(reads, 1);
  assert.equal(new Set(pages).size, 1);
});

test('a host that cannot be looked at is an error, not yesterday’s facts', async t => {
  const {url} = await startMetrics(t, () => Promise.reject(new Error('ip is gone')));
  const response = await fetch(`${url}/metrics`);
  assert.deepEqual([response.status, await response.text()], [503, 'ip is gone\n']);
});

test('a look that hangs ends with an error', async t => {
  const {url} = await startMetrics(t, () => new Promise(() => {}));
  const begin = performance.now();
  assert.equal((await fetch(`${url}/metrics`)).status, 503);
  assert.ok(performance.now() - begin < 15_000);
});

test('there is one page, to be read', async t => {
  const {url} = await startMetrics(t, async () => agentSays('db1'));
  assert.equal((await fetch(`${url}/`)).status, 404);
  assert.equal((await fetch(`${url}/metrics`, {method: 'POST', body: 'x'})).status, 405);
  assert.match((await fetch(`${url}/metrics?x=1`)).headers.get('content-type') ?? '', /^text\/plain; version=0\.0\.4/);
});

test('who connects and says nothing is put out', {timeout: 60_000}, async t => {
  const {port, scrape} = await startMetrics(t, async () => agentSays('db1'));
  const silent = connect(port, '127.0.0.1').resume();
  await once(silent, 'connect');
  assert.match(await scrape(), /mha_helper_agent_info/);
  await once(silent, 'close');
});
