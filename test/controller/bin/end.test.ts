import assert from 'node:assert/strict';
import {spawnSync} from 'node:child_process';
import {mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {test} from 'node:test';

const program = new URL('../../../controller/bin/end.ts', import.meta.url).href;

const run = (script: string) => {
  const text = `import {open, readdir, readFile} from 'node:fs/promises'; import {end} from '${program}'; ${script}`;
  const args = ['--import', 'tsx', '--input-type=module', '-e', text];
  return spawnSync(process.execPath, args, {timeout: 20_000, killSignal: 'SIGTERM', encoding: 'utf8'});
};

test('a program that has read files and directories ends with its exit code', () => {
  const {status, stderr} = run("await readFile('/etc/hosts'); await readdir('/none').catch(() => {}); end(10);");
  assert.equal(status, 10, stderr);
});

test('a program whose file never answers ends by a signal, and at once', () => {
  const directory = mkdtempSync(join(tmpdir(), 'mha-helper-end-'));
  const pipe = join(directory, 'pipe');
  spawnSync('mkfifo', [pipe]);
  const {signal, stderr} = run(`void open('${pipe}'); setTimeout(() => end(0), 100);`);
  rmSync(directory, {recursive: true});
  assert.equal(signal, 'SIGKILL', stderr);
});
