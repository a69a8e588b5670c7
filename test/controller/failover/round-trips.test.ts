import assert from 'node:assert/strict';
import {readFileSync} from 'node:fs';
import {mkdtemp, rm, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {after, test} from 'node:test';
import {loadClusters} from '../../../controller/config/load-clusters.ts';
import {runHardStart, runHardStop} from '../../../controller/failover/hard-phases.ts';
import {runOnlineStart, runOnlineStop} from '../../../controller/failover/online-phases.ts';
import {Parties} from '../../../controller/failover/parties.ts';
import type {PhaseEnd} from '../../../controller/failover/phase.ts';
import {checkStatus} from '../../../controller/failover/status-check.ts';
import {identifyProcess} from '../../../controller/record/process-stat.ts';
import {listRecords} from '../../../controller/record/record-file.ts';
import {noFaults} from '../../../proto/fault-points.ts';
import {CountingAgent, Rounds, type Talk} from '../../fixtures/counting-agents.ts';
import {TestPki} from '../../fixtures/pki.ts';

const cidr = '192.0.2.100/24';
const directory = await mkdtemp(join(tmpdir(), 'mha-helper-round-trips-'));
const pki = await TestPki.create('old', 'new', 'replica');
const rounds = new Rounds();
const agents = ['old', 'new', 'replica'].map(host => new CountingAgent(host, {rounds, cidr, isMaster: host === 'old'}));

after(async () => {
  for (const agent of agents) agent.close();
  await pki[Symbol.asyncDispose]();
  await rm(directory, {recursive: true});
});

const writeConfig = async (): Promise<void> => {
  const ports = await Promise.all(agents.map(agent => agent.listen(pki)));
  const {ca, certificate, key} = pki.controller;
  const lines = ['[default]', 'vip_type = metal', `writer_vip_cidr = ${cidr}`, 'cluster_interface = eth0'];
  lines.push(`state_dir = ${directory}/state`, `tls_ca = ${ca}`, `tls_cert = ${certificate}`, `tls_key = ${key}`);
  agents.forEach(({host}, index) => {
    lines.push(`[${host}]`, 'agent_address = 127.0.0.1', `agent_port = ${ports[index]}`);
  });
  await writeFile(join(directory, 'app.conf'), `${lines.join('\n')}\n`);
};

const talkOf = async (run: () => Promise<Pick<PhaseEnd, 'result'>>): Promise<Talk> => {
  rounds.take();
  const {result} = await run();
  assert.equal(result, 'done', said.join('\n'));
  return rounds.take();
};

const said: string[] = [];

test('the table of round trips in failover/README.md is what the plans do', async () => {
  await writeConfig();
  const [cluster] = loadClusters(directory).clusters;
  assert.ok(cluster !== undefined);
  const parties = await Parties.load(cluster);
  const [oldMaster, newMaster] = parties.all();
  assert.ok(oldMaster !== undefined && newMaster !== undefined);
  const input = {
    ...{cluster, parties, oldMaster, newMaster, faultPoint: noFaults, exitCodeOf: () => 0},
    tell: (line: string) => void said.push(line),
    get deadline() {
      return performance.now() + 60_000;
    },
  };
  const own = identifyProcess(process.pid);
  const startGuard = async () => ({...own, mha: own, isWatching: true});
  const found = {
    'online stop': await talkOf(() => runOnlineStop({...input, startGuard})),
    'online start': await talkOf(() => runOnlineStart(input)),
  };
  for (const agent of agents) {
    agent.isMaster = agent.host === 'old';
    agent.holdsVip = agent.isMaster;
  }
  const more = {
    'status check': await talkOf(() => checkStatus(input)),
    'hard stop': await talkOf(() => runHardStop(input)),
    'hard start': await talkOf(() => runHardStart(input)),
  };
  parties.close();
  const rows = Object.entries({...found, ...more}).map(
    ([plan, {messages, waits}]) => `| ${plan} | ${messages} | ${waits} |`,
  );
  const readme = readFileSync(new URL('../../../controller/failover/README.md', import.meta.url), 'utf8');
  const table = /\| plan \| messages \| waits \|\n\|[-|: ]+\|\n((?:\|.*\|\n)+)/.exec(readme)?.[1] ?? '';
  assert.equal(table, `${rows.join('\n')}\n`);
});

test('wherever a crash cuts the record of a stop: what shows its end shows what the start must know', async () => {
  const [first = ''] = (await listRecords(`${directory}/state`, 'app')).toReversed();
  const lines = readFileSync(first, 'utf8').split('\n');
  const types = lines.filter(Boolean).map(line => (JSON.parse(line) as {type: string}).type);
  const end = types.indexOf('end');
  for (const type of ['old_master', 'event_scheduler'])
    assert.ok(types.indexOf(type) > 0 && types.indexOf(type) < end, `${types}`);
});
