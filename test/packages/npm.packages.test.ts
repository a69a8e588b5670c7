import assert from 'node:assert/strict';
import {execFileSync, spawnSync} from 'node:child_process';
import {existsSync, mkdtempSync, readdirSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {after, before, test} from 'node:test';

let prefix: string;

before(() => {
  prefix = mkdtempSync(join(tmpdir(), 'mha-helper-npm-'));
  const npm = (...args: readonly string[]) =>
    execFileSync('npm', [...args, '--silent', '--ignore-scripts', '--no-audit', '--no-fund'], {
      encoding: 'utf8',
      stdio: 'pipe',
    });
  const tarball = npm('pack', '--pack-destination', prefix).trim();
  npm('install', '-g', '--prefix', prefix, '--prefer-offline', join(prefix, tarball));
});
after(() => rmSync(prefix, {recursive: true, force: true}));

/** From nowhere near the source, with this Node.js. */
const run = (command: string, ...args: readonly string[]) => {
  const env = {PATH: `${join(process.execPath, '..')}:/usr/bin:/bin`};
  return spawnSync(join(prefix, 'bin', command), args, {encoding: 'utf8', cwd: '/', env});
};

test('npm install -g brings all commands, and they run', () => {
  assert.deepEqual(readdirSync(join(prefix, 'bin')).sort(), [
    'master_failover_report',
    'master_ip_hard_failover_helper',
    'master_ip_online_failover_helper',
    'mha-helper',
    'mha-helper-agent',
    'mysql_failover',
    'mysql_online_failover',
  ]);
  assert.equal(run('mha-helper', '--version').stdout, '1.0.0\n');
  assert.equal(run('mha-helper-agent', '--version').stdout, '1.0.0\n');
  assert.match(run('mysql_failover', '--help').stdout, /masterha_master_switch/);
  const hooks = ['master_ip_online_failover_helper', 'master_ip_hard_failover_helper', 'master_failover_report'];
  for (const hook of hooks) {
    const {status, stdout, stderr} = run(hook);
    assert.equal(status, 2, hook);
    assert.match(stdout + stderr, /MHA starts this command/, hook);
  }
});

test('the files that the README copies are there', () => {
  const deploy = join(prefix, 'lib/node_modules/mha-helper/deploy');
  for (const file of ['mha-helper-agent.service', 'mysqld-boot-policy.conf'])
    assert.ok(existsSync(join(deploy, 'systemd', file)), file);
});
