import assert from 'node:assert/strict';
import {spawnSync} from 'node:child_process';
import {cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {after, describe, test} from 'node:test';

const hook = 'master_ip_hard_failover_helper';
const built = new URL('../../dist/controller/bin', import.meta.url).pathname;
const launcher = join(built, `${hook}.cjs`);
const {mapStack} = (await import('../../deploy/explain-crash.mjs' as string)) as {
  mapStack: (stack: string, program: string) => string;
};

describe('the file that MHA starts', () => {
  const directory = mkdtempSync(join(tmpdir(), 'mha-helper-launcher-'));
  after(() => rmSync(directory, {recursive: true}));

  const run = (file: string, env: NodeJS.ProcessEnv = {}) =>
    spawnSync(file, {encoding: 'utf8', env: {...process.env, ...env}});

  test('begins with a line that Linux before 5.1 does not cut, also where the packages put their own Node.js', () => {
    const [line = ''] = readFileSync(launcher, 'utf8').split('\n');
    const installed = line.replace(' node ', ' /usr/lib/mha-helper-controller/bin/node ');
    assert.notEqual(installed, line);
    assert.ok(installed.length <= 126, installed);
  });

  test('takes neither options nor authorities from an environment that was made for others', () => {
    const nowhere = join(directory, 'nowhere');
    const env = {NODE_OPTIONS: `--require ${nowhere}`, NODE_EXTRA_CA_CERTS: nowhere};
    const {status, stdout, stderr} = run(launcher, env);
    assert.deepEqual({status, stderr}, {status: 2, stderr: ''});
    assert.match(stdout, /--command is missing/);
  });

  test('tells an exception that nobody caught with the places in the source, and fails', () => {
    const program = join(directory, `${hook}.program.cjs`);
    cpSync(launcher, join(directory, `${hook}.cjs`));
    writeFileSync(program, "(function () {\n  setImmediate(() => { throw new Error('lost'); });\n})");
    const map = {version: 3, names: [], sources: ['controller/lost.ts'], mappings: ';GAQG'};
    writeFileSync(`${program}.map`, JSON.stringify(map));
    const {status, stdout, stderr} = run(join(directory, `${hook}.cjs`));
    assert.deepEqual({status, stderr}, {status: 1, stderr: ''});
    assert.match(stdout, /^mha-helper: internal error, please report it: Error: lost\n.*controller\/lost\.ts:9:4/);
  });

  test('has a map in which a place of the program leads to its line in the source', () => {
    const program = join(built, `${hook}.program.cjs`);
    const lines = readFileSync(program, 'latin1').split('\n');
    const line = lines.findIndex(text => text.includes(' is no port'));
    const column = (lines[line] ?? '').indexOf(' is no port');
    const [, file = '', at = ''] =
      /\(([^:]+):(\d+):\d+\)/.exec(mapStack(`Error\n    at f (${program}:${line + 1}:${column + 1})`, program)) ?? [];
    assert.match(file, /controller\/hook\/parse-arguments\.ts$/);
    const source = readFileSync(new URL(`../../controller/hook/parse-arguments.ts`, import.meta.url), 'utf8');
    assert.match(source.split('\n')[Number(at) - 1] ?? '', / is no port/);
  });
});
