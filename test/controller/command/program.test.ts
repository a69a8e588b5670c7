import assert from 'node:assert/strict';
import {mkdtempSync, rmSync, statSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {type TestContext, test} from 'node:test';
import {runProgram} from '../../../controller/command/program.ts';

interface Answer {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

type Run = (...argv: readonly string[]) => Promise<Answer>;

/** `mha-helper` over a config directory with these files. */
const prepare = (
  t: TestContext,
  files: Readonly<Record<string, string>>,
): {readonly directory: string; readonly run: Run} => {
  const directory = mkdtempSync(join(tmpdir(), 'mha-helper-command-'));
  t.after(() => rmSync(directory, {recursive: true, force: true}));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(directory, name), text);
  const run: Run = async (...argv) => {
    const [out, err]: [string[], string[]] = [[], []];
    const code = await runProgram(argv, {
      configDirectory: directory,
      tell: line => void out.push(line),
      tellPaged: async lines => void out.push(...lines),
      complain: line => void err.push(line),
      terminal: {columns: 80, isPiped: true, hasColours: false, hasUnicode: false},
    });
    return {code, out: out.join('\n'), err: err.join('\n')};
  };
  return {directory, run};
};

const clusterFile = (directory = '/nowhere') => `[default]
vip_type = none
tls_ca = ${directory}/pki/ca.crt
tls_cert = ${directory}/pki/controller.crt
tls_key = ${directory}/pki/controller.key
state_dir = ${directory}/state
[db1]
agent_address = 127.0.0.1
agent_port = 1
`;

const commands = [
  'status',
  'check',
  'discover',
  'vip',
  'vip acquire',
  'vip release',
  'switch',
  'failover',
  'drill',
  'history',
  'show',
  'recover',
  'pki',
  'pki init',
  'pki issue',
  'pki issue controller',
  'pki issue agent',
  'pki issue operator',
  'pki renew',
  'pki revoke',
  'pki list',
  'explain',
  'completion',
];

for (const command of commands) {
  test(`${command} --help shows examples`, async t => {
    const {code, out} = await prepare(t, {}).run(...command.split(' '), '--help');
    assert.equal(code, 0);
    assert.match(out, new RegExp(`Examples?:\\n {2}mha-helper ${command.split(' ')[0]}`));
  });
}

for (const command of [
  ['status'],
  ['check'],
  ['history'],
  ['recover'],
  ['vip', 'acquire'],
  ['vip', 'release'],
  ['switch'],
  ['failover', '--dead', 'db1'],
]) {
  test(`${command.join(' ')} of an unknown cluster lists those that are known`, async t => {
    const {run} = prepare(t, {'a.conf': clusterFile(), 'b.conf': clusterFile().replaceAll('db1', 'db2')});
    const {code, out, err} = await run(...command, 'c');
    assert.equal(code, 2);
    assert.match(err, /^mha-helper \S.*: there is no cluster "c"; known are: a, b\n/);
    assert.equal(out, '');
  });
}

for (const argv of [
  [],
  ['statsu'],
  ['status', '--nonsense'],
  ['vip', 'acquire'],
  ['pki', 'issue', 'agent'],
  ['status', 'a', 'b'],
  ['show'],
  ['recover'],
  ['switch'],
  ['failover', 'a'],
  ['discover'],
  ['completion', 'fish'],
  ['status', 'a', '--watch', 'often'],
]) {
  test(`mha-helper ${argv.join(' ')} is a usage error without a stack trace`, async t => {
    const {code, err} = await prepare(t, {'a.conf': clusterFile()}).run(...argv);
    assert.equal(code, 2);
    assert.notEqual(err, '');
    assert.doesNotMatch(err, /\n\s+at /);
  });
}

test('an empty configuration directory is told by every command that needs it', async t => {
  const {run, directory} = prepare(t, {});
  for (const command of [['status'], ['vip', 'acquire', 'a']]) {
    const {code, err} = await run(...command);
    assert.equal(code, 2);
    assert.ok(err.includes(`${directory}: has no *.conf`), err);
  }
  const {code, out} = await run('check');
  assert.equal(code, 2);
  assert.match(out, /FAIL {2}\S+: has no \*\.conf/);
});

test('--config-dir wins over what the process was given', async t => {
  const [one, other] = [prepare(t, {'a.conf': clusterFile()}), prepare(t, {'z.conf': clusterFile()})];
  const {err} = await one.run('status', 'nope', '--config-dir', other.directory);
  assert.match(err, /known are: z\n/);
});

test('a broken file costs its own cluster, not the others', async t => {
  const {run, directory} = prepare(t, {'bad.conf': '[db2]\nvip_typ = none\n', 'good.conf': ''});
  writeFileSync(join(directory, 'good.conf'), clusterFile(directory));
  await run('pki', 'init');
  await run('pki', 'issue', 'controller');
  const {code, out} = await run('status');
  assert.equal(code, 2);
  assert.match(out, /^2 clusters: 2 CRITICAL/);
  assert.match(out, /^bad: CRITICAL - .*vip_typ: unknown key; did you mean vip_type\?/m);
  assert.match(out, /^good: CRITICAL - no agent answers: agent on db1: nobody listens on 127\.0\.0\.1:1$/m);
  const check = await run('check');
  assert.equal(check.code, 2);
  assert.match(check.out, /FAIL {2}\S+bad\.conf:2 \[db2\] vip_typ: unknown key/);
  assert.match(check.out, /FAIL {2}agent on db1: nobody listens/);
  const ofBroken = await run('check', 'bad');
  assert.equal(ofBroken.code, 2);
  assert.match(ofBroken.out, /FAIL {2}\S+bad\.conf:2 \[db2\] vip_typ: unknown key/);
  assert.doesNotMatch(ofBroken.out, /cluster good/);
});

test('without its own certificate the controller says so and asks nobody', async t => {
  const {code, out} = await prepare(t, {'a.conf': clusterFile()}).run('status', '--json');
  assert.equal(code, 2);
  const [cluster] = JSON.parse(out).clusters;
  assert.equal(cluster.reason, 'cannot read /nowhere/pki/ca.crt');
  assert.deepEqual(cluster.hosts, []);
});

test('vip_type none has no VIP to move', async t => {
  const {code, err} = await prepare(t, {'a.conf': clusterFile()}).run('vip', 'acquire', 'a');
  assert.equal(code, 2);
  assert.match(err, /vip_type = none: there is no VIP to acquire/);
});

test('an authority and certificates are issued beside the configuration, and listed', async t => {
  const {run, directory} = prepare(t, {});
  assert.equal((await run('pki', 'issue', 'controller')).code, 1);
  assert.equal((await run('pki', 'init')).code, 0);
  assert.equal((await run('pki', 'issue', 'controller', '--days', '10')).code, 0);
  const agents = await run('pki', 'issue', 'agent', 'db1', 'db2');
  assert.equal(agents.code, 0);
  assert.match(agents.out, /copy to db1: .*ca\.crt and db1\.crt \(mode 0644\), db1\.key \(mode 0600/);
  assert.equal(statSync(join(directory, 'pki/agents/db2.key')).mode & 0o777, 0o600);
  const again = await run('pki', 'issue', 'agent', 'db1');
  assert.equal(again.code, 1);
  assert.match(again.err, /exists already\n.*--force/);
  assert.equal((await run('pki', 'issue', 'agent', 'db1', '--force')).code, 0);
  const list = await run('pki', 'list');
  assert.equal(list.code, 0);
  assert.match(
    list.out,
    /^ROLE +NAME +DAYS +ENDS +SERIAL\nca .*\ncontroller +controller +9 .*\nagent +db1 .*\nagent +db2 /,
  );
  const {certificates} = JSON.parse((await run('pki', 'list', '--json')).out);
  assert.deepEqual(
    certificates.map(({role}: {role: string}) => role),
    ['ca', 'controller', 'agent', 'agent'],
  );
  assert.equal((await run('pki', 'issue', 'operator', '../x')).code, 1);
  assert.equal((await run('pki', 'init', '--days', 'soon', '--force')).code, 2);
});
