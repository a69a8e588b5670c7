import assert from 'node:assert/strict';
import {spawn} from 'node:child_process';
import {chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {type TestContext, test} from 'node:test';
import {setTimeout} from 'node:timers/promises';
import {isRunning} from '../../../controller/record/process-stat.ts';
import {type SeenHook, watchMha} from '../../../controller/starter/watch-mha.ts';

/** Runs each line that it is given, as MHA runs a hook: through `sh -c`. */
const mhaLike = 'while read -r line; do sh -c "$line" & done; wait';

const start = (t: TestContext) => {
  const directory = mkdtempSync(join(tmpdir(), 'mha-helper-watch-'));
  const hook = join(directory, 'hook');
  writeFileSync(hook, '#!/usr/bin/env -S -u NODE_OPTIONS sh\nsleep 60\n');
  writeFileSync(join(directory, 'wrapper'), `#!/bin/sh\n${hook} "$@"\n:\n`);
  for (const name of ['hook', 'wrapper']) chmodSync(join(directory, name), 0o755);
  const shell = spawn('sh', ['-c', mhaLike], {stdio: ['pipe', 'inherit', 'inherit'], detached: true});
  t.after(() => {
    process.kill(-(shell.pid ?? 0), 'SIGKILL');
    rmSync(directory, {recursive: true});
  });
  const heard: SeenHook[] = [];
  const processes = {count: 0};
  const watch = () =>
    watchMha(shell.pid ?? 0, ['sh', hook], {onProcess: () => processes.count++, onHook: seen => heard.push(seen)});
  return {directory, hook, heard, processes, watch, run: (line: string) => shell.stdin.write(`${line}\n`)};
};

const isAtWork = (hook: string): boolean =>
  readdirSync('/proc')
    .filter(name => /^\d+$/.test(name))
    .some(pid => commandLineOf(pid).startsWith(`sh\0${hook}\0`));

const commandLineOf = (pid: string): string => {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
  } catch {
    return ''; // gone
  }
};

const until = async (what: string, isSo: () => boolean): Promise<void> => {
  for (const end = performance.now() + 10_000; !isSo(); await setTimeout(2))
    assert.ok(performance.now() < end, `never: ${what}`);
};

test('a hook that MHA runs is heard of once, with its arguments and without passwords', async t => {
  const {hook, heard, processes, watch, run} = start(t);
  watch();
  run(`${hook} --command=start '--orig_master_host=a b' --new_master_password=secret`);
  await until('heard of', () => heard.length > 0);
  assert.deepEqual(heard[0]?.argv, ['--command=start', '--orig_master_host=a b']);
  assert.ok(heard[0] !== undefined && isRunning(heard[0]));
  await setTimeout(30);
  assert.deepEqual([heard.length, processes.count], [1, 1]);
});

test('of a script around a hook, the hook is heard of', async t => {
  const {directory, heard, watch, run} = start(t);
  watch();
  run(`${directory}/wrapper --command=start`);
  await until('heard of', () => heard.length > 0);
  assert.deepEqual(
    heard.map(({argv}) => argv),
    [['--command=start']],
  );
});

test('what runs already is not heard of, nor what is no hook', async t => {
  const {hook, heard, watch, run} = start(t);
  run(`${hook} --command=stop`);
  await until('at work', () => isAtWork(hook));
  watch();
  run('sleep 60');
  run(`${hook} --command=start`);
  await until('heard of', () => heard.length > 0);
  assert.deepEqual(
    heard.map(({argv}) => argv),
    [['--command=start']],
  );
});

test('a hook that reads another configuration is not heard of', async t => {
  const {hook, heard, watch, run} = start(t);
  watch();
  run(`MHA_HELPER_CONFIG_DIR=/elsewhere ${hook} --command=elsewhere`);
  await until('at work', () => isAtWork(hook));
  run(`${hook} --command=start`);
  await until('heard of', () => heard.length > 0);
  assert.deepEqual(
    heard.map(({argv}) => argv),
    [['--command=start']],
  );
});

test('a hook of another account is not heard of', {skip: process.getuid?.() === 0 ? false : 'not root'}, async t => {
  const {directory, hook, heard, watch, run} = start(t);
  chmodSync(directory, 0o755);
  watch();
  run(`setpriv --reuid=65534 --clear-groups ${hook} --command=another`);
  await until('at work', () => isAtWork(hook));
  run(`${hook} --command=start`);
  await until('heard of', () => heard.length > 0);
  assert.deepEqual(
    heard.map(({argv}) => argv),
    [['--command=start']],
  );
});
