import assert from 'node:assert/strict';
import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {cpSync, mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import type {Readable} from 'node:stream';
import {text} from 'node:stream/consumers';
import {after, describe, test} from 'node:test';

const built = new URL('../../dist/controller/bin', import.meta.url).pathname;

describe('the file that a stop phase starts as its guard', () => {
  const directory = mkdtempSync(join(tmpdir(), 'mha-helper-guard-launcher-'));
  const launcher = join(directory, 'guard.cjs');
  const program = join(directory, 'guard.program.cjs');
  cpSync(join(built, 'guard.cjs'), launcher);
  after(() => rmSync(directory, {recursive: true}));

  const start = () => {
    const child = spawn(launcher, ['one', 'two'], {stdio: ['ignore', 'pipe', 'inherit', 'pipe']});
    return {child, said: text(child.stdout as Readable), ready: child.stdio[3] as Readable};
  };

  test('says that it is ready, and runs the program that was there then, whatever becomes of the file', async () => {
    writeFileSync(program, '(function () { process.stdout.write(process.argv.slice(2).join()); })');
    const {said, ready} = start();
    assert.equal(String((await once(ready, 'data'))[0]), '.');
    rmSync(program);
    assert.equal(await said, 'one,two');
  });

  test('outlives its terminal before it runs its program', async () => {
    writeFileSync(program, "(function () { process.stdout.write('ran'); })");
    const {child, said, ready} = start();
    await once(ready, 'data');
    for (const signal of ['SIGHUP', 'SIGINT'] as const) child.kill(signal);
    assert.equal(await said, 'ran');
  });

  test('ends without a word where it has no program: the stop phase must not go on', async () => {
    rmSync(program);
    const {child, said, ready} = start();
    const [word, [code]] = await Promise.all([text(ready), once(child, 'exit')]);
    assert.deepEqual({word, code}, {word: '', code: 1});
    assert.match(await said, /internal error.*ENOENT/);
  });
});
