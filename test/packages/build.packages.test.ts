import assert from 'node:assert/strict';
import {execFileSync, spawnSync} from 'node:child_process';
import {createHash} from 'node:crypto';
import {mkdtempSync, readdirSync, readFileSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {test} from 'node:test';
import {readAgentConfig} from '../../agent/config/read-agent-config.ts';
import {built} from './container.ts';

const sums = (which: 'first' | 'again') =>
  readdirSync(built(which))
    .sort()
    .map(
      name =>
        `${name} ${createHash('sha256')
          .update(readFileSync(join(built(which), name)))
          .digest('hex')}`,
    );

const debs = readdirSync(built('first')).filter(name => name.endsWith('.deb'));

test('the same source gives the same four packages, byte for byte', () => {
  assert.equal(sums('first').length, 4);
  assert.deepEqual(sums('again'), sums('first'));
});

test('lintian finds nothing that is not explained', () => {
  const options = ['--no-cfg', '--allow-root', '--fail-on', 'error,warning'];
  const {status, stdout} = spawnSync('lintian', [...options, ...debs.map(name => join(built('first'), name))], {
    encoding: 'utf8',
  });
  assert.equal(status, 0, stdout);
});

test('the unit is understood by systemd, and its exposure is 2.0 or less', () => {
  const unit = 'deploy/systemd/mha-helper-agent.service';
  const verified = spawnSync('systemd-analyze', ['verify', '--man=no', unit], {encoding: 'utf8'});
  assert.equal(verified.status, 0, verified.stderr);
  const judged = spawnSync('systemd-analyze', ['security', '--offline=true', '--threshold=20', unit], {
    encoding: 'utf8',
  });
  assert.equal(judged.status, 0, judged.stdout);
});

test('the agent.ini that is installed loads', () => {
  const config = readAgentConfig('deploy/packages/etc/agent.ini');
  assert.deepEqual(config.vips, []);
  assert.equal(config.instances[0]?.port, 3306);
});

test('every command has a man page that man can read', t => {
  const root = mkdtempSync(join(tmpdir(), 'mha-helper-deb-'));
  t.after(() => rmSync(root, {recursive: true, force: true}));
  for (const name of debs) execFileSync('dpkg-deb', ['-x', join(built('first'), name), root]);
  const commands = readdirSync(join(root, 'usr/bin'));
  assert.equal(commands.length, 7);
  const pages = readdirSync(join(root, 'usr/share/man/man8'));
  assert.deepEqual(pages.sort(), commands.map(name => `${name}.8.gz`).sort());
  for (const page of pages) {
    const file = join(root, 'usr/share/man/man8', page);
    const script = 'zcat "$1" | groff -man -Tutf8 -ww -P-cbou';
    const {stdout, stderr} = spawnSync('sh', ['-c', script, 'sh', file], {encoding: 'utf8'});
    assert.equal(stderr, '', page);
    assert.match(stdout, /^NAME$/m, page);
  }
});
