import assert from 'node:assert/strict';
import {execFileSync} from 'node:child_process';
import {mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {after, before, test} from 'node:test';
import {runProgram} from '../../../../controller/command/program.ts';

let directory = '';
const script = (): string => join(directory, 'completion');

before(async () => {
  directory = mkdtempSync(join(tmpdir(), 'mha-helper-completion-'));
  for (const [name, hosts] of [
    ['app1', '[db1]\n[db2:3307]\n'],
    ['app2', '[db9]\n'],
  ])
    writeFileSync(join(directory, `${name}.conf`), `[default]\nvip_type = none\n${hosts}`);
  const lines: string[] = [];
  const code = await runProgram(['completion', 'bash'], {
    configDirectory: directory,
    tell: line => void lines.push(line),
    tellPaged: async more => void lines.push(...more),
    complain: line => void lines.push(line),
    terminal: {columns: 80, isPiped: true, hasColours: false, hasUnicode: false},
  });
  assert.equal(code, 0);
  writeFileSync(script(), lines.join('\n'));
});
after(() => rmSync(directory, {recursive: true, force: true}));

/** What bash offers behind these words; the last one is being typed. */
const offered = (...words: readonly string[]): readonly string[] => {
  const typed = ['mha-helper', ...words].map(word => `'${word}'`).join(' ');
  const line = `set -u; source ${script()}; COMP_WORDS=(${typed}); COMP_CWORD=${words.length}; _mha_helper; printf '%s\\n' "\${COMPREPLY[@]-}"`;
  const answer = execFileSync('bash', ['--norc', '-c', line], {
    encoding: 'utf8',
    env: {PATH: '/usr/bin:/bin', MHA_HELPER_CONFIG_DIR: directory},
  });
  return answer.split('\n').filter(word => word !== '');
};

test('commands, their subcommands and their options are offered', () => {
  assert.deepEqual(offered('sw'), ['switch']);
  assert.deepEqual(offered('vip', ''), ['acquire', 'release', '--help']);
  assert.deepEqual(offered('switch', 'app1', '--d'), ['--dry-run']);
  assert.deepEqual(offered('pki', 'issue', 'c'), ['controller']);
});

test('clusters and hosts are those of the configuration directory', () => {
  assert.deepEqual(offered('status', 'a'), ['app1', 'app2']);
  assert.deepEqual(offered('--help', 'failover', 'app1', '--dead', 'db'), ['db1', 'db2:3307', 'db9']);
  assert.deepEqual(offered('vip', 'acquire', 'app2', 'db9'), ['db9']);
  assert.deepEqual(offered('switch', 'app1', 'a'), []);
});

test('what is offered is what the program has', () => {
  const commands = offered('');
  for (const command of ['status', 'check', 'switch', 'failover', 'history', 'show', 'recover', 'explain', 'pki'])
    assert.ok(commands.includes(command), command);
});
