import assert from 'node:assert/strict';
import {test} from 'node:test';
import {InstanceReadings} from '../../../agent/service/instance-readings.ts';
import {getStatus, type StatusMeans} from '../../../agent/service/status.ts';
import {startMysqld} from '../../fixtures/mysqld.ts';
import {createAgentAccount, openReadyInstance} from '../../fixtures/mysqld-agent.ts';
import {promtool, whyNoPromtool} from '../../fixtures/promtool.ts';
import {samplesOf, startMetrics} from './agent-says.ts';

test('a scrape of a real server passes Prometheus’ parser, and one of a frozen server ends in time', async t => {
  const mysqld = await startMysqld('mariadb', ['--server-id=1']);
  const instance = await openReadyInstance(await createAgentAccount(mysqld));
  t.after(async () => {
    mysqld.thaw();
    instance.close();
    await mysqld.remove();
  });
  const means = {
    config: {host: 'db1', vips: []},
    instances: new Map([[instance.port, instance]]),
    journal: {epochs: () => ({})},
    operations: {statuses: () => []},
    warnings: () => [],
    readOnlySinceBoot: () => [],
    certificateNotAfterMs: () => 4e12,
    readInstance: new InstanceReadings().join,
  } as unknown as StatusMeans;
  const {scrape} = await startMetrics(t, () => getStatus({ports: [], cidrs: [], brief: true}, means));
  const page = await scrape();
  assert.match(samplesOf(page, 'mysqld_read_only').join(), / 0$/);
  assert.match(samplesOf(page, 'mysqld_role').join(), /role="master"/);
  if (whyNoPromtool === false) assert.deepEqual(promtool(['check', 'metrics'], page), {code: 0, said: ''});
  mysqld.freeze();
  const begin = performance.now();
  const frozen = await Promise.all([scrape(), scrape()]);
  assert.ok(performance.now() - begin < 6000, `${performance.now() - begin} ms`);
  for (const each of frozen) {
    assert.match(samplesOf(each, 'mysqld_up').join(), / 0$/);
    assert.deepEqual(samplesOf(each, 'mysqld_read_only'), []);
  }
  mysqld.thaw();
  assert.match(samplesOf(await scrape(), 'mysqld_up').join(), / 1$/);
});
