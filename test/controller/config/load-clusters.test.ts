import assert from 'node:assert/strict';
import {type TestContext, test} from 'node:test';
import {loadClusters} from '../../../controller/config/load-clusters.ts';
import {configDirectory} from './config-directory.ts';

/** The predecessor's own example, byte for byte but for the addresses, which its README had lost. */
const sample = `[default]
requires_sudo               = yes
requires_arping             = yes
vip_type                    = metal
writer_vip_cidr             = 192.168.10.155/24
cluster_interface           = eth1
super_read_only             = no
report_email                = dba@example.com
smtp_host                   = localhost
kill_after_timeout          = 5

[db10]
cluster_interface           = eth10

[db11]

[db12]
report_email                = oncall@example.photography
smtp_host                   = localhost2
requires_sudo               = no
`;

const loadOne = (t: TestContext, text: string) => {
  const {clusters, problems} = loadClusters(configDirectory(t, {'app.conf': text}));
  assert.deepEqual(problems, []);
  const [cluster] = clusters;
  assert.ok(cluster);
  return cluster;
};

test("the predecessor's sample loads unchanged", t => {
  const cluster = loadOne(t, sample);
  assert.equal(cluster.name, 'app');
  assert.deepEqual(cluster.vip, {type: 'metal', cidrs: ['192.168.10.155/24'], detectMs: 100, tombstoneMs: 120_000});
  assert.deepEqual(
    cluster.hosts.map(host => [host.name, host.clusterInterface, host.requiresSudo, host.report.smtp.host]),
    [
      ['db10', 'eth10', true, 'localhost'],
      ['db11', 'eth1', true, 'localhost'],
      ['db12', 'eth1', false, 'localhost2'],
    ],
  );
  assert.deepEqual(cluster.hosts[2]?.report.recipients, ['oncall@example.photography']);
  assert.deepEqual(cluster.report.recipients, ['dba@example.com']);
  assert.ok(cluster.hosts.every(host => host.killAfterMs === 5000 && !host.superReadOnly && host.requiresArping));
});

test('new keys have defaults, so that an old directory loads as it is', t => {
  const cluster = loadOne(t, sample);
  assert.deepEqual(cluster.tls, {
    ca: '/etc/mha-helper/pki/ca.crt',
    certificate: '/etc/mha-helper/pki/controller.crt',
    key: '/etc/mha-helper/pki/controller.key',
    crl: '/etc/mha-helper/pki/crl.pem',
  });
  assert.equal(cluster.hookTimeoutMs, 60_000);
  assert.equal(cluster.whenNotFenced, 'proceed');
  assert.equal(cluster.vipRelease, 'after_read_only');
  assert.equal(cluster.longWriteWaitMs, 10_000);
  assert.equal(cluster.stateDir, '/var/lib/mha-helper');
  assert.deepEqual(cluster.hosts[0]?.agent, {address: 'db10', addressIsExplicit: false, port: 7306});
});

test('every key is read into its typed value', t => {
  const {hosts, ...cluster} = loadOne(
    t,
    `[default]
vip_type = metal
writer_vip_cidr = 10.0.0.50/24, 2001:DB8:0::50/64
detect_ms = 0
tombstone_seconds = 30
cluster_interface = bond0.100
super_read_only = on
kill_after_timeout = 0
exclude_users = backup, monitor
long_write_wait = 30
requires_sudo = 0
requires_arping = false
agent_port = 7307
report_email = a@example.info, b@example.technology
smtp_host = [2001:db8::25]:587
smtp_user = mha
smtp_password_file = /etc/mha-helper/smtp.password
report_webhook = https://hooks.example.com/services/T0/B0
report_webhook_format = PagerDuty
report_webhook_key_file = /etc/mha-helper/webhook.key
report_webhook_ca = /etc/mha-helper/webhook-ca.pem
report_command = /usr/local/bin/tell  --loud app1
hook_timeout = 120
when_not_fenced = abort
vip_release = first
state_dir = /srv/mha
metrics_textfile_dir = /srv/metrics
tls_ca = /tls/ca
tls_cert = /tls/cert
tls_key = /tls/key
tls_crl = /tls/crl
[db10]
ip = 2001:DB8::10
agent_address = 10.0.0.10
`,
  );
  const report = {
    recipients: ['a@example.info', 'b@example.technology'],
    smtp: {
      host: '2001:db8::25',
      port: 587,
      account: {user: 'mha', passwordFile: '/etc/mha-helper/smtp.password'},
    },
    webhook: {
      target: {url: 'https://hooks.example.com/services/T0/B0'},
      format: 'pagerduty',
      keyFile: '/etc/mha-helper/webhook.key',
      caFile: '/etc/mha-helper/webhook-ca.pem',
    },
    command: ['/usr/local/bin/tell', '--loud', 'app1'],
  };
  const {file, ...rest} = cluster;
  assert.ok(file.endsWith('/app.conf'));
  assert.deepEqual(rest, {
    name: 'app',
    vip: {type: 'metal', cidrs: ['10.0.0.50/24', '2001:db8::50/64'], detectMs: 0, tombstoneMs: 30_000},
    report,
    tls: {ca: '/tls/ca', certificate: '/tls/cert', key: '/tls/key', crl: '/tls/crl'},
    hookTimeoutMs: 120_000,
    whenNotFenced: 'abort',
    vipRelease: 'first',
    longWriteWaitMs: 30_000,
    stateDir: '/srv/mha',
    metricsTextfileDir: '/srv/metrics',
  });
  assert.deepEqual(hosts, [
    {
      name: 'db10',
      port: 3306,
      portIsExplicit: false,
      agent: {address: '10.0.0.10', addressIsExplicit: true, port: 7307},
      ip: '2001:db8::10',
      clusterInterface: 'bond0.100',
      superReadOnly: true,
      killAfterMs: 0,
      requiresSudo: false,
      requiresArping: false,
      excludeUsers: ['backup', 'monitor'],
      report,
    },
  ]);
});

for (const [section, name, port, portIsExplicit] of [
  ['db10.example.com', 'db10.example.com', 3306, false],
  ['DB10.Example.com:3307', 'db10.example.com', 3307, true],
  ['10.0.0.5:3307', '10.0.0.5', 3307, true],
  ['10.0.0.5', '10.0.0.5', 3306, false],
  ['2001:DB8::5', '2001:db8::5', 3306, false],
  ['[2001:db8::5]:3307', '2001:db8::5', 3307, true],
  ['::ffff:10.0.0.5', '::ffff:10.0.0.5', 3306, false],
  ['db_10', 'db_10', 3306, false],
  ['db10', 'db10', 3306, false],
] as const) {
  test(`section [${section}] is ${name} with port ${port}`, t => {
    const [host] = loadOne(t, `[${section}] ; comment with ]\n`).hosts;
    assert.deepEqual([host?.name, host?.port, host?.portIsExplicit], [name, port, portIsExplicit]);
  });
}

test('two instances of one host have a section each', t => {
  const {hosts} = loadOne(t, '[db10]\nkill_after_timeout=1\n[db10:3307]\nkill_after_timeout=2\n');
  assert.deepEqual(
    hosts.map(({port, killAfterMs}) => [port, killAfterMs]),
    [
      [3306, 1000],
      [3307, 2000],
    ],
  );
});

test('quotes, comments, colons, capitals, CRLF and a byte order mark are read as people mean them', t => {
  const {hosts} = loadOne(
    t,
    '\uFEFF; first\r\n[default] # all\r\nSmtp_Host: "mail.example.com:2525"\r\nagent_port = 7400 ; here\r\n# x\r\n  [db10]\r\nkill_after_timeout = \'7\'\r\n',
  );
  assert.deepEqual(hosts[0]?.report.smtp, {host: 'mail.example.com', port: 2525, account: undefined});
  assert.equal(hosts[0]?.killAfterMs, 7000);
  assert.equal(hosts[0]?.agent.port, 7400);
});

test('without hook_timeout a long grace still fits into the hook', t => {
  assert.equal(loadOne(t, '[default]\nkill_after_timeout = 90\n[db10]\n').hookTimeoutMs, 120_000);
});

test('a writer VIP without vip_type is moved, and vip_type = none moves nothing', t => {
  const vip = 'writer_vip_cidr = 10.0.0.50/24\ncluster_interface = eth1\n[db10]\n';
  assert.equal(loadOne(t, `[default]\n${vip}`).vip.type, 'metal');
  assert.equal(loadOne(t, `[default]\nvip_type = none\n${vip}`).vip.type, 'none');
  assert.equal(loadOne(t, '[db10]\n').vip.type, 'none');
});

test("a host section may repeat the cluster's VIP, as the predecessor's files do", t => {
  loadOne(
    t,
    '[default]\nvip_type=metal\nwriter_vip_cidr=2001:db8::50/64\ncluster_interface=eth1\n[db10]\nvip_type=metal\nwriter_vip_cidr=2001:DB8:0::50/64\n',
  );
});

test('a host may call somebody else, or nobody', t => {
  const {hosts, report} = loadOne(
    t,
    `[default]
report_webhook = https://hooks.example.com/all
report_webhook_format = slack
report_command = /usr/local/bin/tell
[db1]
report_webhook =
report_command =
[db2]
report_webhook = /etc/mha-helper/db2.url
`,
  );
  assert.deepEqual(report.webhook?.target, {url: 'https://hooks.example.com/all'});
  assert.deepEqual([hosts[0]?.report.webhook, hosts[0]?.report.command], [undefined, undefined]);
  assert.deepEqual(hosts[1]?.report.webhook?.target, {file: '/etc/mha-helper/db2.url'});
  assert.equal(hosts[1]?.report.webhook?.format, 'slack');
});

test('loading resolves no name: hosts that do not exist load as well', t => {
  const {hosts} = loadOne(t, '[default]\nsmtp_host = mail.invalid\n[db1.invalid]\nagent_address = agent.invalid\n');
  assert.equal(hosts[0]?.agent.address, 'agent.invalid');
});
