import assert from 'node:assert/strict';
import {spawnSync} from 'node:child_process';
import {mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {test} from 'node:test';

const controller = new URL('../../../controller/', import.meta.url).href;

const run = (script: string) => {
  const imports = [
    "import {readdir, readFile} from 'node:fs/promises'",
    `import {end} from '${controller}bin/end.ts'`,
    `import {fromStateDir} from '${controller}record/from-state-dir.ts'`,
  ];
  const args = ['--import', 'tsx', '--input-type=module', '-e', [...imports, script].join(';')];
  return spawnSync(process.execPath, args, {timeout: 30_000, killSignal: 'SIGTERM', encoding: 'utf8'});
};

test('a program that has read files and directories ends with its exit code', () => {
  const {status, stderr} = run(
    "await fromStateDir('/etc', () => readFile('/etc/hosts')); await readdir('/none').catch(() => {}); end(10);",
  );
  assert.equal(status, 10, stderr);
});

test('a program whose state directory never answers ends by a signal', () => {
  const directory = mkdtempSync(join(tmpdir(), 'mha-helper-end-'));
  const pipe = join(directory, 'pipe');
  spawnSync('mkfifo', [pipe]);
  const {signal, stderr} = run(`await fromStateDir('${pipe}', () => readFile('${pipe}')).catch(() => end(1));`);
  rmSync(directory, {recursive: true});
  assert.equal(signal, 'SIGKILL', stderr);
});
