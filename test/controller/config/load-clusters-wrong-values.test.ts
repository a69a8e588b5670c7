import assert from 'node:assert/strict';
import {test} from 'node:test';
import {loadClusters} from '../../../controller/config/load-clusters.ts';
import {configDirectory} from './config-directory.ts';
import {messages} from './config-messages.ts';

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
