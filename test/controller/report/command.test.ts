import assert from 'node:assert/strict';
import {existsSync, readFileSync} from 'node:fs';
import {join} from 'node:path';
import {test} from 'node:test';
import {DeliverStage, hostile} from './deliver-stage.ts';

const isAlive = (pid: number): boolean =>
  existsSync(`/proc/${pid}`) && !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));

test('a program gets the facts as JSON and in its environment, and nothing of ours', async t => {
  const stage = new DeliverStage(t);
  stage.command(
    `cat >${stage.directory}/in; env >${stage.directory}/env; echo "$#:$1:$2" >${stage.directory}/argv`,
    'a*',
    '$b',
  );
  process.env.MHA_HELPER_TEST_SECRET = 'hunter2';
  t.after(() => delete process.env.MHA_HELPER_TEST_SECRET);
  assert.equal(await stage.deliver({subject: hostile, body: `${hostile}\n`}), true);
  const read = (name: string): string => readFileSync(join(stage.directory, name), 'utf8');
  const input = JSON.parse(read('in'));
  assert.equal(input.cluster, 'app1');
  assert.match(input.text, /<!channel> "\$\(reboot\)"/);
  assert.equal(read('argv'), '2:a*:$b\n');
  const environment = read('env');
  assert.match(environment, /^MHA_HELPER_OLD_MASTER=db2:3306$/m);
  assert.match(environment, /^MHA_HELPER_SUBJECT=a Bcc: eve@example\.com +<!channel> "\$\(reboot\)"/m);
  assert.doesNotMatch(environment, /hunter2/);
});

test('a program that never reads its input is no problem', async t => {
  const stage = new DeliverStage(t);
  stage.command('exec 0<&-; exit 0');
  assert.equal(await stage.deliver({body: 'x'.repeat(130_000)}), true);
});

test('a program that fails has not taken the report: its last words are told, and it is kept', async t => {
  const stage = new DeliverStage(t);
  stage.command('yes | head -c 5000000 >&2; yes | head -c 5000000; printf "\\n\\033[31mno route\\n" >&2; exit 3');
  assert.equal(await stage.deliver(), false);
  assert.match(stage.said[0] ?? '', /tell ended with 3: \[31mno route; kept/);
  assert.equal(stage.waiting.length, 1);
});

test('a program that is not there is told', async t => {
  const stage = new DeliverStage(t);
  stage.config = {...stage.config, command: ['/nonexistent/tell']};
  assert.equal(await stage.deliver(), false);
  assert.match(stage.said[0] ?? '', /could not run \/nonexistent\/tell: ENOENT/);
});

test('a program that hangs costs no more than the deadline, and ends with what it has started', async t => {
  const stage = new DeliverStage(t);
  stage.command(`trap '' TERM; sleep 1000 & echo "$$ $!" >${stage.directory}/pids; wait`);
  const begin = performance.now();
  assert.equal(await stage.deliver({withinMs: 3000}), false);
  assert.ok(performance.now() - begin < 20_000, `${performance.now() - begin} ms`);
  assert.match(stage.said[0] ?? '', /^command: not done within 3 s; kept/);
  const pids = readFileSync(join(stage.directory, 'pids'), 'utf8').trim().split(' ').map(Number);
  assert.equal(pids.length, 2);
  for (let tries = 0; pids.some(isAlive) && tries < 100; tries++) await new Promise(done => setTimeout(done, 20));
  assert.ok(!pids.some(isAlive));
});
