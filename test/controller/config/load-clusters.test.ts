import assert from 'node:assert/strict';
import {mkdirSync, symlinkSync} from 'node:fs';
import {join} from 'node:path';
import {type TestContext, test} from 'node:test';
import {ConfigInvalid} from '../../../controller/config/config-invalid.ts';
import {loadClusters, readClusters} from '../../../controller/config/load-clusters.ts';
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

const messages = (directory: string): readonly string[] => {
  const {problems} = loadClusters(directory);
  return new ConfigInvalid(problems).message.replaceAll(`${directory}/`, '').split('\n');
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

const metal = 'vip_type=metal\ncluster_interface=eth1\n';

/** Key and value in [default], and how the complaint about it begins. */
const wrongValues = [
  ['kill_after_timeout = 5s', "'5s' is not a whole number without sign and unit; write 0 to 86400"],
  ['kill_after_timeout = -1', "'-1' is not a whole number"],
  ['kill_after_timeout = 1.5', "'1.5' is not a whole number"],
  ['kill_after_timeout = 99999', "'99999' is not in 0 to 86400"],
  ['kill_after_timeout =', 'empty; write 0 to 86400'],
  ['hook_timeout = 0', "'0' is not in 1 to 86400"],
  ['hook_timeout = 5', 'leaves no time beside kill_after_timeout = 5'],
  ['super_read_only = maybe', "'maybe' is neither yes nor no; write yes or no"],
  ['requires_sudo = null', "'null' is neither yes nor no"],
  ['vip_type = azure', "'azure' is not one of none, metal, aws, openstack; write metal"],
  ['vip_type = iron', "'iron' is not one of none, metal"],
  ['cluster_interface = eth1\nvip_type = metal', 'missing, but vip_type is metal', 'writer_vip_cidr'],
  [`${metal}writer_vip_cidr = 10.0.0.50`, "'10.0.0.50' has no prefix length; write address with prefix length"],
  [`${metal}writer_vip_cidr = 10.0.0.50/0`, "'10.0.0.50/0' has a prefix length outside 1 to 32"],
  [`${metal}writer_vip_cidr = 10.0.0.50/33`, "'10.0.0.50/33' has a prefix length outside 1 to 32"],
  [`${metal}writer_vip_cidr = 10.0.0.50/24/8`, "'10.0.0.50/24/8' is not an address"],
  [`${metal}writer_vip_cidr = 10.0.0.500/24`, "'10.0.0.500/24' is not an address"],
  [`${metal}writer_vip_cidr = 10.0.0.0/24`, "'10.0.0.0/24' is a network"],
  [`${metal}writer_vip_cidr = 2001:db8::/64`, "'2001:db8::/64' is a network"],
  [`${metal}writer_vip_cidr = fe80::1%eth0/64`, "'fe80::1%eth0/64' is not an address"],
  [`${metal}writer_vip_cidr = 10.0.0.5/24 10.0.0.5/32`, '10.0.0.5 stands there twice'],
  [`${metal}writer_vip_cidr =`, 'empty; write address with prefix length'],
  ['cluster_interface = eth1/2', "'eth1/2' is not an interface; write the interface"],
  ['cluster_interface = eth 1', "'eth 1' is not an interface"],
  ['cluster_interface = abcdefghijklmnop', "'abcdefghijklmnop' is longer than the 15 characters"],
  ['cluster_interface =', 'empty; write the interface that carries the VIP'],
  ['report_email = dba', "'dba' is not an e-mail address; write e-mail addresses with commas"],
  ['report_email = a@b.c, "x@y\\nBcc: z@z"', "'"],
  ['smtp_host = mail:99999', "'99999' is not a port; write host, host:port"],
  ['smtp_host = a b', "'a b' is not a host"],
  ['smtp_host = 10.0.0.300', "'10.0.0.300' is not a host"],
  ['smtp_host = [10.0.0.1', "'[10.0.0.1' is not a host"],
  ['report_webhook = ftp://x', 'not an http or https URL; write an https URL, or the absolute path'],
  ['report_webhook = https://me:pw@example.com/x', 'has an account in it'],
  ['report_webhook = https://', 'not an http or https URL'],
  [
    'report_webhook = http://hooks.example.com/x\nreport_webhook_format = slack',
    'everybody on the way could read',
    'report_webhook',
  ],
  [
    'report_webhook = http://h.example.com/x\nreport_webhook_key_file = /k',
    'everybody on the way could read',
    'report_webhook',
  ],
  [
    'report_webhook = https://h/x\nreport_webhook_format = pagerduty',
    'has no routing key; write report_webhook_key_file',
    'report_webhook',
  ],
  [
    'report_webhook = https://h/x\nreport_webhook_format = slack\nreport_webhook_key_file = /k',
    'slack takes no key',
    'report_webhook',
  ],
  ['report_webhook = https://h/x\nreport_webhook_format = teams', "'teams' is not one of json, slack, pagerduty"],
  ['report_webhook_format = slack', 'has no webhook; write report_webhook as well'],
  ['report_webhook_ca = ca.pem', "'ca.pem' is not an absolute path"],
  ['report_command = tell', 'does not begin with an absolute path; write the absolute path of a program'],
  ['report_command = /bin/sh -c "x"', 'has quotes or signs of a shell, and there is no shell'],
  ['smtp_user = mha', 'has no password; write smtp_password_file as well'],
  ['smtp_password_file = /x', 'has no account; write smtp_user as well'],
  ['agent_port = 0', "'0' is not in 1 to 65535"],
  ['agent_port = 070000', "'070000' is not in 1 to 65535"],
  ['state_dir = var/lib', "'var/lib' is not an absolute path; write an absolute path"],
  ['when_not_fenced = maybe', "'maybe' is not one of proceed, abort"],
  ['vip_release = last', "'last' is not one of after_read_only, first"],
  ['ip = 10.0.0.5', 'belongs to one host: move it to its section'],
  ['kill_after_timout = 5', 'unknown key; did you mean kill_after_timeout?'],
  ['exclude_users[] = a', 'unknown key; did you mean exclude_users?', 'exclude_users[]'],
  ['colour = red', 'unknown key'],
] as const;

for (const [text, complaint, named] of wrongValues) {
  const key = named ?? text.split('\n').at(-1)?.split(' ')[0];
  test(`[default] ${text.split('\n').at(-1)}: ${complaint}`, t => {
    const found = messages(configDirectory(t, {'app.conf': `[default]\n${text}\n[db10]\n`}));
    assert.equal(found.length, 1, found.join('\n'));
    assert.match(found[0] ?? '', /^app\.conf:\d+ \[default\] /);
    assert.ok(found[0]?.includes(` ${key}: ${complaint}`), found[0]);
  });
}

/** Whole files, and all that is said about them. */
const wrongFiles: readonly (readonly [string, string, readonly string[]])[] = [
  ['no host', '[default]\n', ['app.conf: names no host; write one section per MySQL host, like [db10]']],
  ['nothing', '', ['app.conf: names no host; write one section per MySQL host, like [db10]']],
  [
    'a section that is no host',
    '[db 10]\n',
    ['app.conf:1 [db 10]: is no host; write [host], [host:port] or [[IPv6]:port]'],
  ],
  [
    'a port out of range',
    '[db10:70000]\n',
    ['app.conf:1 [db10:70000]: is no host; write [host], [host:port] or [[IPv6]:port]'],
  ],
  [
    'a mistyped address',
    '[10.0.0.300]\n',
    ['app.conf:1 [10.0.0.300]: is no host; write [host], [host:port] or [[IPv6]:port]'],
  ],
  ['a repeated section', '[db10]\n[db10]\n', ['app.conf:2 [db10]: already in line 1; write it once']],
  ['a repeated key', '[db10]\nagent_port=1\nagent_port=1\n', ['app.conf:3 [db10] agent_port: already in line 2']],
  [
    'two names of one instance',
    '[db10]\n[db10:3306]\n',
    ['app.conf [db10]: db10:3306 is there twice; keep one section'],
  ],
  [
    'two hosts with one address',
    '[db10]\nip=10.0.0.5\n[db11]\nip=10.0.0.5\n',
    ['app.conf [db11]: 10.0.0.5:3306 is there twice; keep one section'],
  ],
  ['text before the first section', 'x = 1\n[db10]\n', ['app.conf:1: stands before the first [section]']],
  [
    'a line that is no assignment',
    '[db10]\nagent_port\n= 5\n[unclosed\n',
    [2, 3, 4].map(line => `app.conf:${line} [db10]: not understood; write: key = value, on one line`),
  ],
  [
    'a key of the cluster in a host section',
    '[db10]\nstate_dir = /x\n',
    ['app.conf:2 [db10] state_dir: is per cluster: move it to [default]'],
  ],
  [
    'a VIP of its own for one host',
    '[default]\nwriter_vip_cidr=10.0.0.5/24\ncluster_interface=eth1\n[db10]\nwriter_vip_cidr=10.0.0.6/24\n[db11]\nvip_type=none\n',
    [
      'app.conf:5 [db10] writer_vip_cidr: the VIP is per cluster and moves between its hosts; write this key in [default] only',
      'app.conf:7 [db11] vip_type: the VIP is per cluster and moves between its hosts; write this key in [default] only',
    ],
  ],
  [
    'no interface for the VIP',
    '[default]\nwriter_vip_cidr=10.0.0.5/24\n[db10]\ncluster_interface=eth1\n[db11]\n',
    ['app.conf:5 [db11] cluster_interface: missing; write the interface that carries the VIP'],
  ],
];

for (const [what, text, complaints] of wrongFiles) {
  test(`a file with ${what} says so`, t => {
    assert.deepEqual(messages(configDirectory(t, {'app.conf': text})), complaints);
  });
}

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

test('a secret in the wrong place is not repeated in the complaint', t => {
  const directory = configDirectory(t, {
    'a.conf': '[default]\nsmtp_password = hunter2\nsmtp_user = x\nsmtp_password_file = hunter2\n[db1]\n',
  });
  const {problems} = loadClusters(directory);
  assert.equal(problems.length, 3);
  assert.doesNotMatch(JSON.stringify(problems), /hunter2/);
  assert.match(problems[0]?.message ?? '', /smtp_password_file/);
});

test('neither the URL of a webhook nor a word of a command is repeated in a complaint', t => {
  const directory = configDirectory(t, {
    'a.conf': `[default]
report_webhook = gopher://hooks.example.com/hunter2
report_webhook_key = hunter2
report_webhook_key_file = hunter2
report_command = tell --token=hunter2
routing_token = hunter2
[db1]
report_webhook = http://hooks.example.com/hunter2
report_webhook_format = slack
`,
  });
  const {problems} = loadClusters(directory);
  assert.equal(problems.length, 6);
  assert.doesNotMatch(JSON.stringify(problems), /hunter2/);
  assert.match(problems[1]?.message ?? '', /report_webhook_key_file/);
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

test('loading resolves no name: hosts that do not exist load as well', t => {
  const {hosts} = loadOne(t, '[default]\nsmtp_host = mail.invalid\n[db1.invalid]\nagent_address = agent.invalid\n');
  assert.equal(hosts[0]?.agent.address, 'agent.invalid');
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
