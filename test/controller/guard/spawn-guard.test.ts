import assert from 'node:assert/strict';
import {mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {after, describe, test} from 'node:test';
import {spawnGuard} from '../../../controller/guard/spawn-guard.ts';
import {isAlive} from '../../lab/process-identity.ts';

describe('the start of a guard', () => {
  const directory = mkdtempSync(join(tmpdir(), 'mha-helper-guard-'));
  after(() => rmSync(directory, {recursive: true}));

  const spawn = (program: string) =>
    spawnGuard({
      program: [process.execPath, '-e', program],
      parent: process.pid,
      configDirectory: directory,
      cluster: 'lab',
      recordPath: join(directory, '000000001.jsonl'),
    });

  test('is over when it says that it watches', async () => {
    const began = performance.now();
    const guard = await spawn("require('fs').writeSync(3, '.'); setTimeout(() => {}, 60_000)");
    assert.ok(performance.now() - began < 900, 'it was waited for although it was ready');
    assert.ok(guard.isWatching);
    assert.ok(isAlive(guard));
    process.kill(guard.pid, 'SIGKILL');
  });

  test('fails when it ends before that: nobody would watch', async () => {
    await assert.rejects(spawn('process.exit(0)'), /guard\.log/);
  });

  test('does not wait for ever for one that lives, and does not say that it watches', async () => {
    const guard = await spawn('setTimeout(() => {}, 60_000)');
    assert.equal(guard.isWatching, false);
    assert.ok(isAlive(guard));
    process.kill(guard.pid, 'SIGKILL');
  });
});
