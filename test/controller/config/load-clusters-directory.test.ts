import assert from 'node:assert/strict';
import {mkdirSync, symlinkSync} from 'node:fs';
import {join} from 'node:path';
import {test} from 'node:test';
import {ConfigInvalid} from '../../../controller/config/config-invalid.ts';
import {loadClusters, readClusters} from '../../../controller/config/load-clusters.ts';
import {configDirectory} from './config-directory.ts';
import {messages} from './config-messages.ts';

test('all problems of all files are reported at once, with file, line, section, key and value', async t => {
  const directory = configDirectory(t, {
    'a.conf': '[default]\nkill_after_timeout = soon\n[db1]\nsuper_read_only = perhaps\n',
    'b.conf': '[db2]\nnonsense = 1\n',
    'c.conf': '[db3]\n',
  });
  const error: unknown = await readClusters(directory).catch(error => error);
  assert.ok(error instanceof ConfigInvalid);
  assert.deepEqual(
    error.problems.map(({file, line, section, key, value}) => ({file, line, section, key, value})),
    [
      {file: join(directory, 'a.conf'), line: 2, section: 'default', key: 'kill_after_timeout', value: 'soon'},
      {file: join(directory, 'a.conf'), line: 4, section: 'db1', key: 'super_read_only', value: 'perhaps'},
      {file: join(directory, 'b.conf'), line: 2, section: 'db2', key: 'nonsense', value: undefined},
    ],
  );
});

test('a broken file takes nothing from the clusters of the others', t => {
  const {clusters, problems} = loadClusters(configDirectory(t, {'a.conf': 'garbage', 'b.conf': '[db2]\n'}));
  assert.deepEqual(
    clusters.map(({name}) => name),
    ['b'],
  );
  assert.equal(problems.length, 2);
});

test('two clusters may share neither an instance nor a VIP', t => {
  const vip = (prefix: number) => `[default]\nwriter_vip_cidr=10.0.0.5/${prefix}\ncluster_interface=eth1\n`;
  const directory = configDirectory(t, {'a.conf': `${vip(24)}[db1]\n`, 'b.conf': `${vip(32)}[DB1:3306]\n[db1:3307]\n`});
  assert.deepEqual(messages(directory), [
    'b.conf [db1]: db1:3306 is also in a.conf; keep it in one cluster',
    'b.conf [default] writer_vip_cidr: VIP 10.0.0.5 is also in a.conf; keep it in one cluster',
  ]);
});

test('hidden files and other endings are not configuration', t => {
  const files = {'.#a.conf': 'garbage', 'a.conf~': 'garbage', 'agent.ini': 'garbage', 'a.conf': '[db1]\n'};
  assert.deepEqual(loadClusters(configDirectory(t, files)).problems, []);
});

test('what cannot be read gives the reason in words', t => {
  const directory = configDirectory(t, {'agent.ini': ''});
  mkdirSync(join(directory, 'dir.conf'));
  symlinkSync(join(directory, 'nowhere'), join(directory, 'link.conf'));
  assert.deepEqual(messages(directory), [
    'dir.conf: cannot be read: illegal operation on a directory',
    'link.conf: cannot be read: no such file or directory',
  ]);
  for (const [name, reason] of [
    ['missing', 'no such file or directory'],
    ['agent.ini', 'not a directory'],
  ] as const) {
    const [problem] = loadClusters(join(directory, name)).problems;
    assert.deepEqual(problem, {file: join(directory, name), message: `cannot be read: ${reason}`});
  }
});

test('a directory without clusters is a problem, not an empty success', async t => {
  await assert.rejects(readClusters(configDirectory(t, {})), /has no \*\.conf; write one file per cluster/);
});
