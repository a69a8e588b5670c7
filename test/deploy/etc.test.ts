import assert from 'node:assert/strict';
import {readFileSync} from 'node:fs';
import {test} from 'node:test';
import {fileURLToPath} from 'node:url';
import {readAgentConfig} from '../../agent/config/read-agent-config.ts';
import {keys} from '../../controller/config/keys.ts';
import {loadClusters, readClusters} from '../../controller/config/load-clusters.ts';
import {configDirectory} from '../controller/config/config-directory.ts';

const etc = fileURLToPath(new URL('../../deploy/etc/', import.meta.url));
const clusterFile = `${etc}mha-helper/app1.conf`;
const agentFile = `${etc}mha-helper/agent.ini`;

/** The lines that show defaults, made to count. */
const uncommented = (file: string): string => readFileSync(file, 'utf8').replace(/^; /gm, '');

test('the example of a cluster loads, and its agent example fits to it', async () => {
  const [cluster, ...more] = await readClusters(`${etc}mha-helper`);
  assert.ok(cluster);
  assert.deepEqual(more, []);
  const agent = readAgentConfig(agentFile);
  const host = cluster.hosts.find(({name}) => name === agent.host);
  assert.ok(host);
  assert.equal(host.agent.port, agent.listen.port);
  assert.deepEqual(
    agent.instances.map(({port}) => port),
    [host.port],
  );
  assert.equal(cluster.vip.type, 'metal');
  assert.deepEqual(
    agent.vips,
    cluster.vip.type === 'metal' && cluster.vip.cidrs.map(cidr => ({cidr, interface: host.clusterInterface})),
  );
});

test('the example shows every key, and what it shows as default is the default', t => {
  const directory = configDirectory(t, {'app1.conf': uncommented(clusterFile)});
  const {clusters, problems} = loadClusters(directory);
  assert.deepEqual(problems, []);
  const text = readFileSync(clusterFile, 'utf8');
  for (const [name, key] of Object.entries(keys)) {
    const shown = new RegExp(`^(; )?${name} += (.*)$`, 'm').exec(text);
    assert.ok(shown, `${name} is not in the example`);
    if (shown[1] !== undefined && 'default' in key && key.default !== '') assert.equal(shown[2], key.default, name);
  }
  const [shown] = clusters;
  const [plain] = loadClusters(`${etc}mha-helper`).clusters;
  assert.equal(shown?.hookTimeoutMs, plain?.hookTimeoutMs);
});

test("the agent's example shows its defaults as they are", t => {
  const directory = configDirectory(t, {'agent.ini': uncommented(agentFile)});
  const {instances: _, ...shown} = readAgentConfig(`${directory}/agent.ini`);
  const {instances: __, ...plain} = readAgentConfig(agentFile);
  assert.deepEqual(shown, plain);
});

test("MHA's example names our hooks and the hosts of the cluster", async () => {
  const text = readFileSync(`${etc}mha/app1.cnf`, 'utf8');
  const values = (key: string) => [...text.matchAll(new RegExp(`^${key} += (.*)$`, 'gm'))].map(([, value]) => value);
  assert.deepEqual(values('master_ip_failover_script'), ['/usr/bin/master_ip_hard_failover_helper']);
  assert.deepEqual(values('master_ip_online_change_script'), ['/usr/bin/master_ip_online_failover_helper']);
  assert.deepEqual(values('report_script'), ['/usr/bin/master_failover_report']);
  const [cluster] = await readClusters(`${etc}mha-helper`);
  assert.deepEqual(
    values('hostname'),
    cluster?.hosts.map(({name}) => name),
  );
});
