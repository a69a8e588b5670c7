import assert from 'node:assert/strict';
import {spawnSync} from 'node:child_process';
import {cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {after, beforeEach, describe, test} from 'node:test';

const hook = 'master_ip_online_failover_helper';
const built = new URL('../../dist/controller/bin', import.meta.url).pathname;
const {openCodeCache} = (await import('../../deploy/code-cache.mjs' as string)) as {
  openCodeCache: (bytes: Buffer, source: string) => Buffer | undefined;
};

describe('the code that V8 compiled for a hook', () => {
  const directory = mkdtempSync(join(tmpdir(), 'mha-helper-code-cache-'));
  const program = join(directory, `${hook}.program.cjs`);
  const cache = `${program}.cache`;
  const run = (): {status: number | null; stdout: string} =>
    spawnSync(process.execPath, [join(directory, `${hook}.cjs`)], {encoding: 'utf8'});

  beforeEach(() => {
    writeFileSync(join(directory, 'package.json'), '{"type": "module"}');
    for (const file of [`${hook}.cjs`, `${hook}.program.cjs`, `${hook}.program.cjs.cache`])
      cpSync(join(built, file), join(directory, file));
  });
  after(() => rmSync(directory, {recursive: true}));

  test('is there after a build, and fits', () => {
    assert.ok(openCodeCache(readFileSync(cache), readFileSync(program, 'utf8')));
    assert.match(run().stdout, /--command is missing/);
  });

  test('never runs old code: not after an edit that leaves the length as it was', () => {
    const edited = readFileSync(program, 'utf8').replaceAll('is missing', 'is MISSING');
    writeFileSync(program, edited);
    assert.equal(openCodeCache(readFileSync(cache), edited), undefined);
    const {status, stdout} = run();
    assert.equal(status, 2);
    assert.match(stdout, /--command is MISSING/);
  });

  test('is not used when it is torn, spoilt or of another Node', () => {
    const source = readFileSync(program, 'utf8');
    const whole = readFileSync(cache);
    const spoilt = Buffer.from(whole);
    spoilt[spoilt.length - 1] = (spoilt.at(-1) ?? 0) ^ 1;
    const foreign = Buffer.concat([Buffer.from('0'.repeat(64)), whole.subarray(64)]);
    for (const bytes of [whole.subarray(0, whole.length / 2), spoilt, foreign, Buffer.alloc(0)]) {
      writeFileSync(cache, bytes);
      assert.equal(openCodeCache(bytes, source), undefined);
    }
    assert.equal(run().status, 2);
  });

  test('is not needed', () => {
    rmSync(cache);
    const {status, stdout} = run();
    assert.equal(status, 2);
    assert.match(stdout, /--command is missing/);
  });
});
