import assert from 'node:assert/strict';
import {test} from 'node:test';
import {loadClusters} from '../../../controller/config/load-clusters.ts';
import {configDirectory} from './config-directory.ts';

const common = '[default]\nvip_type = openstack\nwriter_vip_cidr = 10.0.0.50/24\ncluster_interface = ens3\n';

test('openstack is compiled to where each host is, and keeps the environment it was given', t => {
  const text = `${common}openstack_mode = fixed_ip\nopenstack_cloud = prod\n[db1]\nopenstack_port = db1-port\n[10.0.0.12]\n[db3]\nip = 10.0.0.13\n`;
  const environment = {OS_CLOUD: 'other'};
  const {clusters, problems} = loadClusters(configDirectory(t, {'app.conf': text}), environment);
  assert.deepEqual(problems, []);
  assert.deepEqual(clusters[0]?.vip, {
    type: 'openstack',
    cidrs: ['10.0.0.50/24'],
    mode: 'fixed_ip',
    cloud: 'prod',
    network: undefined,
    hosts: [
      {name: 'db1', port: 'db1-port', server: undefined, ip: undefined},
      {name: '10.0.0.12', port: undefined, server: undefined, ip: '10.0.0.12'},
      {name: 'db3', port: undefined, server: undefined, ip: '10.0.0.13'},
    ],
    environment,
  });
});

const complaints: readonly (readonly [string, RegExp])[] = [
  ['[db1]\nip = 10.0.0.1\n', /openstack_mode: missing, but vip_type = openstack; write allowed_address_pair/],
  ['openstack_mode = fixed_ip\n[db1]\n', /\[db1\].*openstack_port: missing; write the id or name/],
  ['openstack_mode = pair\n[db1]\nip = 10.0.0.1\n', /openstack_mode = pair: 'pair' is not one of allowed_address_pair/],
  [
    'openstack_mode = fixed_ip\n[db1]\nopenstack_port = p\n[db2]\nopenstack_port = p\n',
    /\[db2\].*openstack_port: is the port of db1, too/,
  ],
];

for (const [text, complaint] of complaints)
  test(`the openstack settings ${JSON.stringify(text)} are refused`, t => {
    const {problems} = loadClusters(configDirectory(t, {'app.conf': `${common}${text}`}));
    const shown = problems.map(({section, key, value, message}) => {
      const setting = value === undefined ? key : `${key} = ${value}`;
      return `[${section}] ${setting}: ${message}`;
    });
    assert.match(shown.join('\n'), complaint);
  });
