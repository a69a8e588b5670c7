import assert from 'node:assert/strict';
import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {test} from 'node:test';
import {eventually} from '../../../fixtures/eventually.ts';

const program = join(import.meta.dirname, '../../../../controller/bin/mha-helper.ts');

test('status --watch looks again until Ctrl-C, and its exit code is that of the last look', async t => {
  const directory = mkdtempSync(join(tmpdir(), 'mha-helper-watch-'));
  t.after(() => rmSync(directory, {recursive: true, force: true}));
  // Without certificates nobody is asked: critical at once.
  writeFileSync(join(directory, 'app1.conf'), `[default]\nvip_type = none\ntls_ca = ${directory}/ca.crt\n[db1]\n`);
  const args = ['--import', 'tsx', program, 'status', '--json', '--watch', '0.5', '--config-dir', directory];
  const child = spawn(process.execPath, args, {stdio: ['ignore', 'pipe', 'inherit']});
  t.after(() => child.kill('SIGKILL'));
  let said = '';
  child.stdout.on('data', chunk => {
    said += chunk;
  });
  await eventually('a second look', async () => said.split('\n').length > 2, 20_000);
  child.kill('SIGINT');
  const [code] = await once(child, 'exit');
  assert.equal(code, 2);
  const times = said
    .trim()
    .split('\n')
    .map(line => JSON.parse(line).time_ms);
  assert.ok(times[1] - times[0] >= 500, String(times));
});
