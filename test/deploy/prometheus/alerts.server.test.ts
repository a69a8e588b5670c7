import assert from 'node:assert/strict';
import {mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {test} from 'node:test';
import {fileURLToPath} from 'node:url';
import {parse} from 'yaml';
import {failoverMetrics} from '../../../controller/metrics/failover-metrics.ts';
import {VipStatus} from '../../../proto/gen/mha_helper/v1/agent.ts';
import {agentSays, scrapeOf, vip} from '../../agent/metrics/agent-says.ts';
import {promtool, whyNoPromtool} from '../../fixtures/promtool.ts';
import {failoverOf, recordOf, type Story, seriesOf} from './cluster-story.ts';

const rules = fileURLToPath(new URL('../../../deploy/prometheus/mha-helper.rules.yml', import.meta.url));
const skip = whyNoPromtool;

/** Promtool's clock begins at 1970 and is here after eight minutes. */
const evalSeconds = 480;
const holds = (present: boolean) => ({vips: [VipStatus.fromPartial({cidr: vip, present})]});
const operation = (more: object) => ({
  operations: [
    {
      ...{operationId: '1', cluster: 'app1', port: 3306, epoch: 7, purpose: '', state: 'COMMITTED', changes: []},
      ...{caller: '', openedMs: 0, demotionPending: false, ...more},
    },
  ],
});
const stopped = {ioRunning: false, sqlRunning: true, sourceHost: '', sourcePort: 0, lastError: '', sourceServerId: 1};
const dayAgo = -90_000_000;

const stories: readonly Story[] = [
  {name: 'all is well', alerts: []},
  {name: 'all is well after a failover', alerts: [], failover: failoverOf('released', 'done')},
  {name: 'an operation is open', alerts: [], hosts: {db1: operation({state: 'OPEN'})}},
  {name: 'an unknown old master of yesterday', alerts: [], failover: failoverOf('unknown', 'incomplete', dayAgo)},
  {
    name: 'no writable master',
    alerts: ['NoWritableMaster', 'VipNotOnMaster'],
    hosts: {db1: {instance: {readOnly: true}}},
  },
  {name: 'two writable masters', alerts: ['TwoWritableMasters'], hosts: {db2: {instance: {readOnly: false}}}},
  {name: 'the VIP is on no host', alerts: ['VipNowhere'], hosts: {db1: holds(false)}},
  {name: 'the VIP is on a replica', alerts: ['VipNotOnMaster'], hosts: {db1: holds(false), db2: holds(true)}},
  {name: 'the VIP is on two hosts', alerts: ['VipTwice', 'VipNotOnMaster'], hosts: {db2: holds(true)}},
  {name: 'unknown fencing', alerts: ['FencingUnknown'], failover: failoverOf('unknown', 'done')},
  {name: 'an incomplete failover', alerts: ['FailoverNotDone'], failover: failoverOf('released', 'incomplete')},
  {name: 'the agent of a replica is down', alerts: ['AgentDown'], hosts: {db3: 'silent'}},
  {
    name: 'the agent of the master is down',
    alerts: ['AgentDown', 'NoWritableMaster', 'VipNowhere'],
    hosts: {db1: 'silent'},
  },
  {
    name: 'every agent is down',
    alerts: ['AgentDown', 'NoWritableMaster'],
    hosts: {db1: 'silent', db2: 'silent', db3: 'silent'},
  },
  {
    name: 'mysqld of the master is down',
    alerts: ['MysqldDown', 'NoWritableMaster', 'VipNotOnMaster'],
    hosts: {db1: {instance: {reachable: false}}},
  },
  {
    name: 'a certificate ends in 29 days',
    alerts: ['CertificateExpiring'],
    hosts: {db2: {certificateNotAfterMs: (evalSeconds + 29 * 86_400) * 1000}},
  },
  {name: 'in 31 days', alerts: [], hosts: {db2: {certificateNotAfterMs: (evalSeconds + 31 * 86_400) * 1000}}},
  {name: 'a replica stands still', alerts: ['ReplicationStopped'], hosts: {db3: {instance: {replication: stopped}}}},
  {name: 'something is not put back', alerts: ['NotPutBack'], hosts: {db2: operation({state: 'UNDO_PENDING'})}},
  {name: 'a demotion waits', alerts: ['NotPutBack'], hosts: {db2: operation({demotionPending: true})}},
];

const testOf = async (story: Story) => ({
  name: story.name,
  interval: '15s',
  input_series: (await seriesOf(story)).map(({name, value}) => ({series: name, values: `${value}+0x40`})),
  promql_expr_test: [
    {
      expr: 'group by (alertname) (ALERTS{alertstate="firing",cluster="app1"})',
      eval_time: `${evalSeconds}s`,
      exp_samples: story.alerts.map(name => ({labels: `{alertname="MhaHelper${name}"}`, value: 1})),
    },
  ],
});

const runRules = (directory: string, tests: readonly unknown[]) => {
  const file = join(directory, 'tests.yml');
  writeFileSync(file, JSON.stringify({rule_files: [rules], evaluation_interval: '15s', tests})); // JSON is YAML
  return promtool(['test', 'rules', file]);
};

const temporary = (t: {after: (done: () => void) => void}): string => {
  const directory = mkdtempSync(join(tmpdir(), 'mha-helper-alerts-'));
  t.after(() => rmSync(directory, {recursive: true}));
  return directory;
};

for (const story of stories)
  test(`${story.name}: ${story.alerts.join(', ') || 'silence'}`, {skip}, async t => {
    const {code, said} = runRules(temporary(t), [await testOf(story)]);
    assert.equal(code, 0, said);
  });

test('an alert that does not fire would be seen', {skip}, async t => {
  const {code, said} = runRules(temporary(t), [await testOf({name: 'x', alerts: ['VipTwice']})]);
  assert.notEqual(code, 0, said);
});

test('every alert fires in some story', () => {
  const {groups} = parse(readFileSync(rules, 'utf8')) as {groups: {rules: {alert: string}[]}[]};
  const known = groups.flatMap(group => group.rules.map(({alert}) => alert)).toSorted();
  const fired = new Set(stories.flatMap(({alerts}) => alerts.map(name => `MhaHelper${name}`)));
  assert.deepEqual([...fired].toSorted(), known);
});

test('Prometheus understands and likes what agents and hooks tell', {skip}, async () => {
  for (const page of [
    await scrapeOf(agentSays('db1', {isMaster: true})),
    await scrapeOf(agentSays('db2', {warnings: ['"\\\n'], epochs: {'we"ird\\\n': 3}, agentVersion: '1"\n'})),
    failoverMetrics(recordOf(failoverOf('unknown', 'done', Date.now()))),
  ])
    assert.deepEqual(promtool(['check', 'metrics'], page), {code: 0, said: ''});
});
