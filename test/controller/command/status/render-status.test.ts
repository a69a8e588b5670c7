import assert from 'node:assert/strict';
import {test} from 'node:test';
import {AgentUnreachable} from '../../../../controller/agents/errors.ts';
import type {Terminal} from '../../../../controller/command/environment.ts';
import type {ClusterStatus} from '../../../../controller/command/status/cluster-status.ts';
import {judgeCluster} from '../../../../controller/command/status/judge-cluster.ts';
import {renderStatus, renderSummary} from '../../../../controller/command/status/render-status.ts';
import {statusJson} from '../../../../controller/command/status/status-json.ts';
import {factsOf, type HostSays, nowMs, vip} from './cluster-builder.ts';

const piped: Terminal = {columns: 80, isPiped: true, hasColours: false, hasUnicode: false};
const colourful: Terminal = {columns: 80, isPiped: false, hasColours: true, hasUnicode: true};

const statusOf = (says: Readonly<Record<string, HostSays>> = {}): ClusterStatus => ({
  name: 'cluster1',
  file: '/etc/mha-helper/cluster1.conf',
  cidrs: [vip],
  hasVip: true,
  nowMs,
  ...judgeCluster(factsOf(says)),
});

test('a healthy cluster is a verdict and a table', () => {
  assert.deepEqual(renderStatus(statusOf(), piped), [
    'cluster1: HEALTHY',
    '',
    '  HOST  ROLE     READ-ONLY  REPLICATION      VIP   CERT  AGENT',
    '  db1   master   off        -                VIP  700 d  1.0.0',
    '  db2   replica  on         db1, 0 s behind       700 d  1.0.0',
    '  db3   replica  on         db1, 0 s behind       700 d  1.0.0',
  ]);
});

test('the first line gives the reason, and the list what to do', () => {
  const error = new AgentUnreachable('db3', {
    message: 'no answer from 10.0.0.3:7306',
    why: 'silent',
    hint: 'is it up?',
  });
  assert.deepEqual(renderStatus(statusOf({db2: {instance: {superReadOnly: true}}, db3: {error}}), piped), [
    'cluster1: DEGRADED - agent on db3: no answer from 10.0.0.3:7306',
    '',
    '  HOST  ROLE     READ-ONLY  REPLICATION      VIP   CERT  AGENT',
    '  db1   master   off        -                VIP  700 d  1.0.0',
    '  db2   replica  on+super   db1, 0 s behind       700 d  1.0.0',
    '  db3   unknown  ?          ?                ?        ?  no answer',
    '',
    '  ! agent on db3: no answer from 10.0.0.3:7306',
    '      is it up?',
  ]);
});

const wordy = {
  sourceHost: 'a-very-long-host-name-of-a-source.in-some-datacenter.example.com',
  sqlRunning: false,
  lastError: `Could not execute Write_rows event on table app.orders; Duplicate entry for key PRIMARY, ${'x '.repeat(60)}`,
};

test('below the verdict nothing is wider than the terminal', () => {
  for (const columns of [60, 80, 120]) {
    const lines = renderStatus(statusOf({db3: {replication: wordy}}), {...piped, columns});
    for (const line of lines.slice(1)) assert.ok(line.length <= columns, `${line.length}: ${line}`);
  }
});

test('what a server says can neither colour, move nor break the lines', () => {
  const nasty = 'first\nsecond\u001b[31m red\u0007 \u202eright caf\u00e9 \u65e5';
  const lines = renderStatus(statusOf({db3: {replication: {ioRunning: false, lastError: nasty}}}), piped);
  assert.match(lines[0] ?? '', /on db3: first second \[31m red right cafe \?$/);
  for (const line of lines) assert.match(line, /^[\x20-\x7e]*$/);
});

test('colours are for terminals only', () => {
  const says = {db1: {holdsVip: false}};
  const coloured = renderStatus(statusOf(says), colourful).join('\n');
  const plain = renderStatus(statusOf(says), {...colourful, hasColours: false}).join('\n');
  assert.ok(coloured.includes('\u001b[31mCRITICAL\u001b['));
  assert.equal(plain.includes('\u001b'), false);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences are what is looked for
  assert.equal(coloured.replace(/\u001b\[\d+m/g, ''), plain);
});

test('of many clusters the first line counts and names the worst', () => {
  const broken = {...statusOf({db1: {holdsVip: false}}), name: 'cluster2'};
  assert.equal(
    renderSummary([statusOf(), broken], piped),
    '2 clusters: 1 CRITICAL, 1 HEALTHY - cluster2: the VIP 10.0.0.50/24 is on no host',
  );
});

test('programs read everything in one object', () => {
  const error = new AgentUnreachable('db3', {message: 'no answer', why: 'silent', hint: ''});
  const json = JSON.parse(JSON.stringify(statusJson([statusOf({db3: {error}})], nowMs)));
  assert.equal(json.level, 'degraded');
  assert.equal(json.exit_code, 1);
  const [cluster] = json.clusters;
  assert.equal(cluster.master, 'db1');
  assert.deepEqual(cluster.vips, [{cidr: vip, holders: ['db1']}]);
  assert.equal(cluster.hosts[1].instance.replication.source_host, 'db1');
  assert.equal(cluster.hosts[1].vips.length, 1);
  assert.equal(cluster.hosts[2].agent.why, 'silent');
  assert.equal(cluster.hosts[2].instance, null);
});
