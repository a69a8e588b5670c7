import assert from 'node:assert/strict';
import {execFileSync, spawnSync} from 'node:child_process';
import {appendFileSync, existsSync, readFileSync, rmSync} from 'node:fs';
import {join} from 'node:path';
import {after, before, test} from 'node:test';
import {built, copyRoot} from './container.ts';

let root: string;

before(async () => {
  root = await copyRoot();
});
after(() => rmSync(root, {recursive: true, force: true}));

// The root is a Debian, whose packages rpm does not know: --nodeps.
const rpm = (...args: readonly string[]) => execFileSync('rpm', ['--root', root, ...args], {encoding: 'utf8'});
const inside = (...command: readonly string[]) => execFileSync('chroot', [root, ...command], {encoding: 'utf8'}).trim();

test('the .rpm packages install into a root, with user and modes', () => {
  const files = ['mha-helper-agent-1.0.0-1.x86_64.rpm', 'mha-helper-controller-1.0.0-1.x86_64.rpm'];
  rpm('-i', '--nodeps', ...files.map(file => join(built('first'), file)));
  assert.equal(inside('stat', '-c', '%U:%G %a', '/etc/mha-helper/agent.ini'), 'root:mha_helper 640');
  assert.equal(inside('stat', '-c', '%U:%G %a', '/etc/mha-helper/pki'), 'root:mha_helper 750');
  assert.equal(inside('mha-helper', '--version'), '1.0.0');
  assert.equal(inside('mha-helper-agent', '--version'), '1.0.0');
  assert.equal(spawnSync('rpm', ['--root', root, '-V', '--nodeps', 'mha-helper-agent']).status, 0);
});

test('an upgrade keeps agent.ini as it was edited', () => {
  appendFileSync(join(root, 'etc/mha-helper/agent.ini'), '# ours\n');
  rpm('-U', '--nodeps', join(built('next'), 'mha-helper-agent-1.0.0-2.x86_64.rpm'));
  assert.match(rpm('-q', 'mha-helper-agent'), /1\.0\.0-2/);
  assert.match(readFileSync(join(root, 'etc/mha-helper/agent.ini'), 'utf8'), /# ours\n$/);
});

test('an erased package takes its programs with it and saves the edited configuration', () => {
  rpm('-e', 'mha-helper-agent', 'mha-helper-controller');
  for (const path of ['usr/lib/mha-helper-agent', 'usr/lib/mha-helper-controller', 'usr/bin/mha-helper-agent'])
    assert.equal(existsSync(join(root, path)), false, path);
  assert.ok(existsSync(join(root, 'etc/mha-helper/agent.ini.rpmsave')));
});
