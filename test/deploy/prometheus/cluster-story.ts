import {failoverMetrics} from '../../../controller/metrics/failover-metrics.ts';
import type {Entry} from '../../../controller/record/entry.ts';
import {agentSays, type Differing, scrapeOf} from '../../agent/metrics/agent-says.ts';

/** One moment of cluster app1, as Prometheus would have it: scrapes of the agents and the file of the hooks. */
export interface Story {
  readonly name: string;
  /** Alerts that must fire; no others may. */
  readonly alerts: readonly string[];
  /** How hosts differ from db1 as the master with the VIP and db2, db3 as its replicas; silent: no scrape succeeds. */
  readonly hosts?: Readonly<Record<string, Differing | 'silent'>>;
  readonly failover?: {readonly startedMs: number; readonly entries: readonly Entry[]};
}

const hostNames = ['db1', 'db2', 'db3'];

/** Series in the words of promtool's tests: name with labels, and the value it has all the time. */
export const seriesOf = async ({hosts = {}, failover}: Story): Promise<readonly Series[]> => {
  const perHost = await Promise.all(
    hostNames.map(async host => {
      const differing = hosts[host] ?? {};
      const labels = `job="mha-helper-agent",cluster="app1",instance="${host}:7307"`;
      const up = {name: `up{${labels}}`, value: differing === 'silent' ? 0 : 1};
      if (differing === 'silent') return [up];
      const page = await scrapeOf(agentSays(host, {isMaster: host === 'db1', ...differing}));
      return [up, ...parsePage(page, labels)];
    }),
  );
  const ofHooks = failover === undefined ? '' : failoverMetrics(recordOf(failover));
  return [...perHost.flat(), ...parsePage(ofHooks, 'job="node",instance="mgr:9100"')];
};

export interface Series {
  readonly name: string;
  readonly value: number;
}

/** A page in Prometheus' text format, with the labels that Prometheus adds. */
export const parsePage = (page: string, labels: string): readonly Series[] =>
  page
    .split('\n')
    .filter(line => line !== '' && !line.startsWith('#'))
    .map(line => {
      const [, name = '', own = '', value = ''] = /^(\w+)(?:\{(.*)\})? (\S+)$/.exec(line) ?? [];
      return {name: `${name}{${own === '' ? labels : `${own},${labels}`}}`, value: Number(value)};
    });

export const recordOf = ({startedMs, entries}: NonNullable<Story['failover']>) => ({
  head: {
    ...{id: 'app1-7', cluster: 'app1', epoch: 7, kind: 'hard', oldMaster: 'db2:3306', newMaster: 'db1:3306'},
    ...({startedMs, version: '1.0.0'} as const),
    kind: 'hard' as const,
  },
  entries,
  path: '',
  tornLines: 0,
});

/** A hard failover whose old master is released, fenced or unknown, and that ended with this result. */
export const failoverOf = (fencing: 'released' | 'unknown', result: 'done' | 'incomplete', startedMs = 0) => ({
  startedMs,
  entries: [
    {type: 'phase', phase: 'hard stop', pid: 1, atMs: startedMs + 100},
    {
      ...{type: 'step', atMs: startedMs + 400, step: 'release VIP', hosts: ['db2'], result: 'ok', durationMs: 300},
      ...{did: '', notes: []},
    },
    {type: 'old_master', fencing, because: ''},
    {type: 'end', phase: 'hard stop', result: 'done', notPutBack: [], atMs: startedMs + 500},
    {type: 'phase', phase: 'hard start', pid: 2, atMs: startedMs + 2000},
    {
      ...{type: 'step', atMs: startedMs + 2600, step: 'acquire VIP', hosts: ['db1'], result: 'ok', durationMs: 500},
      ...{did: '', notes: []},
    },
    {type: 'end', phase: 'hard start', result, notPutBack: [], atMs: startedMs + 3000},
  ] as const satisfies readonly Entry[],
});
