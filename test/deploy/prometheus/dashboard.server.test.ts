import assert from 'node:assert/strict';
import {mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {test} from 'node:test';
import {failoverMetrics} from '../../../controller/metrics/failover-metrics.ts';
import {agentSays, scrapeOf} from '../../agent/metrics/agent-says.ts';
import {promtool, whyNoPromtool} from '../../fixtures/promtool.ts';
import {failoverOf, recordOf} from './cluster-story.ts';

const read = (name: string): string =>
  readFileSync(new URL(`../../../deploy/prometheus/${name}`, import.meta.url), 'utf8');

interface Panel {
  readonly title: string;
  readonly gridPos: {readonly x: number; readonly y: number; readonly w: number; readonly h: number};
  readonly targets: readonly {readonly expr: string}[];
}

const dashboard = JSON.parse(read('grafana-dashboard.json')) as {
  readonly panels: readonly Panel[];
  readonly templating: {readonly list: readonly {readonly query: string | {readonly query: string}}[]};
  readonly annotations: {readonly list: readonly {readonly expr: string}[]};
};

const expressions = [
  ...dashboard.panels.flatMap(({targets}) => targets.map(({expr}) => expr)),
  ...dashboard.annotations.list.map(({expr}) => expr),
];

const variables = dashboard.templating.list.map(({query}) => (typeof query === 'string' ? query : query.query));

const exported = async (): Promise<ReadonlySet<string>> => {
  const pages = [await scrapeOf(agentSays('db2')), failoverMetrics(recordOf(failoverOf('unknown', 'done')))];
  const types = pages.flatMap(page => [...page.matchAll(/^# TYPE (\w+) (\w+)$/gm)]);
  return new Set(
    types.flatMap(([, name = '', type]) =>
      type === 'histogram' ? ['_bucket', '_count', '_sum'].map(end => name + end) : name,
    ),
  );
};

const metricsIn = (text: string): readonly string[] => text.match(/\bmha_helper_\w+/g) ?? [];

test('the dashboard and the alerts ask only for metrics that agents and hooks export', async () => {
  const known = await exported();
  const asked = new Set([...expressions, ...variables, read('mha-helper.rules.yml')].flatMap(metricsIn));
  assert.deepEqual(
    [...asked].filter(name => !known.has(name)),
    [],
  );
  assert.ok(asked.size > 15, `${asked.size}`);
});

test('Prometheus understands every query of the dashboard', {skip: whyNoPromtool}, t => {
  const directory = mkdtempSync(join(tmpdir(), 'mha-helper-dashboard-'));
  t.after(() => rmSync(directory, {recursive: true}));
  const rules = expressions.map((expr, index) => ({
    record: `query:${index}`,
    expr: expr.replaceAll('$cluster', 'app1'),
  }));
  writeFileSync(join(directory, 'rules.yml'), JSON.stringify({groups: [{name: 'dashboard', rules}]}));
  const {code, said} = promtool(['check', 'rules', join(directory, 'rules.yml')]);
  assert.equal(code, 0, said);
  assert.match(said, new RegExp(`${expressions.length} rules found`));
});

test('no panel covers another', () => {
  const places = dashboard.panels.map(({title, gridPos}) => ({title, ...gridPos}));
  for (const [index, a] of places.entries()) {
    assert.ok(a.x + a.w <= 24, a.title);
    for (const b of places.slice(index + 1))
      assert.ok(a.x + a.w <= b.x || b.x + b.w <= a.x || a.y + a.h <= b.y || b.y + b.h <= a.y, `${a.title}, ${b.title}`);
  }
});
