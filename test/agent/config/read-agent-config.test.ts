import assert from 'node:assert/strict';
import {mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {hostname, tmpdir} from 'node:os';
import {join} from 'node:path';
import {type TestContext, test} from 'node:test';
import {ConfigInvalid} from '../../../agent/config/config-invalid.ts';
import {readAgentConfig} from '../../../agent/config/read-agent-config.ts';

const write = (t: TestContext, text: string): string => {
  const directory = mkdtempSync(join(tmpdir(), 'mha-helper-agent-config-'));
  t.after(() => rmSync(directory, {recursive: true, force: true}));
  const file = join(directory, 'agent.ini');
  writeFileSync(file, text);
  return file;
};

const complaints = (t: TestContext, text: string): readonly string[] => {
  const file = write(t, text);
  try {
    readAgentConfig(file);
  } catch (error) {
    assert.ok(error instanceof ConfigInvalid);
    return error.message.split('\n').map(line => line.replace(file, 'agent.ini'));
  }
  return [];
};

const instance = '[instance:3306]\nsocket = /run/mysqld/mysqld.sock\n';

test('a short file is completed with defaults', t => {
  assert.deepEqual(readAgentConfig(write(t, instance)), {
    host: hostname().toLowerCase(),
    listen: {address: '0.0.0.0', port: 7306},
    metricsListen: undefined,
    tls: {
      ca: '/etc/mha-helper/pki/ca.crt',
      certificate: '/etc/mha-helper/pki/agent.crt',
      key: '/etc/mha-helper/pki/agent.key',
      crl: '/etc/mha-helper/pki/crl.pem',
    },
    stateDir: '/var/lib/mha-helper-agent',
    bootPolicy: 'read_only',
    instances: [
      {
        port: 3306,
        connect: {kind: 'socket', path: '/run/mysqld/mysqld.sock'},
        user: undefined,
        optionFile: undefined,
        excludeUsers: [],
      },
    ],
    vips: [],
  });
});

test('every key is read, for several instances and addresses of both families', t => {
  const config = readAgentConfig(
    write(
      t,
      `[agent] ; this host
host = DB10.example.com
listen = [2001:db8::10]:7400
tls_ca = /tls/ca
tls_cert = /tls/cert
tls_key = "/tls/key"
tls_crl = /tls/crl
state_dir = /srv/agent
boot_policy = leave
${instance}user = mha_helper
exclude_users = backup, monitor
[instance:3307]
address = 127.0.0.1:3317
option_file = /etc/mha-helper/agent.cnf
[vip:10.0.0.50/24]
interface = eth1
[vip:2001:DB8::50/64]
interface = bond0.100
`,
    ),
  );
  assert.equal(config.host, 'db10.example.com');
  assert.deepEqual(config.listen, {address: '2001:db8::10', port: 7400});
  assert.deepEqual(config.tls, {ca: '/tls/ca', certificate: '/tls/cert', key: '/tls/key', crl: '/tls/crl'});
  assert.equal(config.stateDir, '/srv/agent');
  assert.equal(config.bootPolicy, 'leave');
  assert.deepEqual(config.instances, [
    {
      port: 3306,
      connect: {kind: 'socket', path: '/run/mysqld/mysqld.sock'},
      user: 'mha_helper',
      optionFile: undefined,
      excludeUsers: ['backup', 'monitor'],
    },
    {
      port: 3307,
      connect: {kind: 'tcp', host: '127.0.0.1', port: 3317},
      user: undefined,
      optionFile: '/etc/mha-helper/agent.cnf',
      excludeUsers: [],
    },
  ]);
  assert.deepEqual(
    config.vips.toSorted((one, other) => one.cidr.localeCompare(other.cidr)),
    [
      {cidr: '10.0.0.50/24', interface: 'eth1'},
      {cidr: '2001:DB8::50/64', interface: 'bond0.100'},
    ],
  );
});

for (const [written, listen] of [
  ['off', undefined],
  ['7307', {address: '127.0.0.1', port: 7307}],
  ['0.0.0.0:7307', {address: '0.0.0.0', port: 7307}],
  ['[::1]:7307', {address: '::1', port: 7307}],
] as const) {
  test(`metrics_listen = ${written} is understood`, t => {
    assert.deepEqual(
      readAgentConfig(write(t, `[agent]\nmetrics_listen = ${written}\n${instance}`)).metricsListen,
      listen,
    );
  });
}

for (const written of ['on', '0', '127.0.0.1', '127.0.0.1:99999', 'a b:1'])
  test(`metrics_listen = ${written} is refused`, t => {
    const [complaint] = complaints(t, `[agent]\nmetrics_listen = ${written}\n${instance}`);
    assert.match(complaint ?? '', /metrics_listen: '.*' will not do; write off, a port, or ADDRESS:PORT/);
  });

for (const [written, listen] of [
  ['10.0.0.1', {address: '10.0.0.1', port: 7306}],
  ['::', {address: '::', port: 7306}],
  ['[::]:1', {address: '::', port: 1}],
  ['db10:65535', {address: 'db10', port: 65_535}],
] as const) {
  test(`listen = ${written} is understood`, t => {
    assert.deepEqual(readAgentConfig(write(t, `[agent]\nlisten = ${written}\n${instance}`)).listen, listen);
  });
}

const wrongFiles: readonly (readonly [string, string, string])[] = [
  ['no instance', '[agent]\n', ': has no instance; write a section like [instance:3306]'],
  [
    'an unknown key',
    `[agent]\nlisten_on = x\n${instance}`,
    ' [agent] listen_on: unknown key; known here: host, listen,',
  ],
  ['an unknown section', `${instance}[mysqld]\n`, ' [mysqld]: unknown section; write [agent], [instance:PORT]'],
  ['a key before the first section', `x = 1\n${instance}`, ' x: stands before the first [section]'],
  ['a repeated section', `${instance}[instance:3306]\n`, ' [instance:3306]: is there twice; keep one'],
  ['a repeated key', `${instance}user = a\nuser = a\n`, ' [instance:3306] user: is there twice; keep one'],
  ['a key without value', `${instance}user\n`, ' [instance:3306] user: empty; write the name of the account'],
  ['an instance without port', '[instance:x]\nsocket = /s\n', ' [instance:x]: names no port; write [instance:3306]'],
  [
    'no way to mysqld',
    '[instance:3306]\n',
    ' [instance:3306]: needs to know one way to mysqld; write either socket or address',
  ],
  ['two ways to mysqld', `${instance}address = 127.0.0.1\n`, ' [instance:3306]: needs to know one way to mysqld'],
  [
    'a relative path',
    '[instance:3306]\nsocket = mysqld.sock\n',
    " [instance:3306] socket: 'mysqld.sock' will not do; write the absolute path",
  ],
  [
    'a wrong port',
    `[agent]\nlisten = 0.0.0.0:70000\n${instance}`,
    " [agent] listen: '0.0.0.0:70000' will not do; write ADDRESS:PORT",
  ],
  [
    'IPv6 with port but without brackets',
    `[agent]\nlisten = 2001:db8::1:7306:x\n${instance}`,
    " [agent] listen: '2001:db8::1:7306:x' will not do",
  ],
  [
    'a VIP without prefix length',
    `${instance}[vip:10.0.0.50]\ninterface = eth1\n`,
    ' [vip:10.0.0.50]: names no address; write ADDRESS/PREFIX',
  ],
  [
    'a VIP with prefix length 0',
    `${instance}[vip:10.0.0.50/0]\ninterface = eth1\n`,
    ' [vip:10.0.0.50/0]: names no address',
  ],
  [
    'a VIP without interface',
    `${instance}[vip:10.0.0.50/24]\n`,
    ' [vip:10.0.0.50/24] interface: missing; write the interface',
  ],
  [
    'a long interface',
    `${instance}[vip:10.0.0.50/24]\ninterface = abcdefghijklmnop\n`,
    " [vip:10.0.0.50/24] interface: 'abcdefghijklmnop' will not do",
  ],
];

for (const [what, text, complaint] of wrongFiles) {
  test(`${what} is refused with what to write`, t => {
    const found = complaints(t, text);
    assert.equal(found.length, 1, found.join('\n'));
    assert.ok(found[0]?.startsWith(`agent.ini${complaint}`), found[0]);
  });
}

test('all problems are reported at once', t => {
  assert.equal(complaints(t, 'x = 1\n[agent]\nhsot = a\nlisten = :0\n[instance:0]\n[vip:1]\n[y]\n').length, 8);
});

test('the same key in several sections is no repetition', t => {
  const second = instance.replace('3306', '3307').replace('mysqld.sock', 'second.sock');
  const third = instance.replace('3306', '3308').replace('mysqld.sock', 'third.sock');
  assert.equal(readAgentConfig(write(t, instance + second + third)).instances.length, 3);
});

test('a file that cannot be read gives the reason', () => {
  assert.throws(() => readAgentConfig('/nonexistent/agent.ini'), /agent\.ini: cannot be read: ENOENT: no such file/);
});
