import assert from 'node:assert/strict';
import {test} from 'node:test';
import {CommandFailed, runCommand, startCommand} from '../../../agent/network/command.ts';

const never = new AbortController().signal;
const bound = {signal: never, timeoutMs: 5000};

test('arguments reach the command as they are, without a shell', async () => {
  const {stdout} = await runCommand({file: '/usr/bin/printf', args: ['%s|', '$HOME', 'a b', "'", '\\x']}, bound);
  assert.equal(stdout, "$HOME|a b|'|\\x|");
});

test('input is what the command reads', async () => {
  assert.equal((await runCommand({file: '/bin/cat', args: [], input: 'addr add\n'}, bound)).stdout, 'addr add');
});

test('a command sees none of our environment', async () => {
  const {stdout} = await runCommand({file: '/usr/bin/env', args: []}, bound);
  assert.deepEqual(stdout.split('\n').sort(), ['LC_ALL=C', 'PATH=/usr/sbin:/sbin:/usr/bin:/bin']);
});

test('a failure tells the command, its exit code and what it said', async () => {
  await assert.rejects(runCommand({file: '/bin/ls', args: ['/nonexistent']}, bound), (error: unknown) => {
    assert.ok(error instanceof CommandFailed);
    assert.equal(error.command, 'ls /nonexistent');
    assert.equal(error.exitCode, 2);
    assert.match(error.stderr, /No such file/);
    assert.equal(error.reason, 'COMMAND_FAILED');
    return true;
  });
});

test('a command that does not exist fails with the reason', async () => {
  await assert.rejects(runCommand({file: '/nonexistent', args: []}, bound), /did not finish: .*ENOENT/);
});

test('a command that hangs is killed at its bound', async () => {
  const start = performance.now();
  const running = startCommand({file: '/bin/sleep', args: ['60']}, {signal: never, timeoutMs: 100});
  const {exitCode} = await running.finished;
  assert.equal(exitCode, undefined);
  assert.ok(performance.now() - start < 1000);
  assert.throws(() => process.kill(running.pid ?? 0, 0), {code: 'ESRCH'});
});

test('an aborted signal ends the command at once', async () => {
  const stopping = new AbortController();
  const running = startCommand({file: '/bin/sleep', args: ['60']}, {signal: stopping.signal, timeoutMs: 60_000});
  stopping.abort();
  assert.equal((await running.finished).exitCode, undefined);
});

test('a command whose children keep its output open does not hold us', async () => {
  const start = performance.now();
  const script = 'sleep 3 & echo started; exec sleep 60';
  const running = startCommand({file: '/bin/sh', args: ['-c', script]}, {signal: never, timeoutMs: 100});
  await running.finished;
  assert.ok(performance.now() - start < 1000);
});

test('output without end is cut, and the command with it', async () => {
  const {stdout, exitCode} = await startCommand({file: '/usr/bin/yes', args: []}, bound).finished;
  assert.ok(stdout.length <= 4 * 1024 * 1024);
  assert.notEqual(exitCode, 0);
});

test('the bound holds while the garbage collector is busy', async () => {
  const running = startCommand({file: '/bin/sleep', args: ['60']}, {signal: never, timeoutMs: 500});
  let ended = false;
  void running.finished.then(() => {
    ended = true;
  });
  const start = performance.now();
  const garbage: unknown[] = [];
  while (!ended && performance.now() - start < 5000) {
    for (let i = 0; i < 20_000; i += 1) garbage[i] = {i, text: `${i}`};
    await new Promise(resolve => setImmediate(resolve));
  }
  running.stop('SIGKILL');
  assert.ok(ended);
});
