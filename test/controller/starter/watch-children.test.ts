import assert from 'node:assert/strict';
import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {test} from 'node:test';
import {setTimeout} from 'node:timers/promises';
import {watchChildren} from '../../../controller/starter/watch-children.ts';

const parent = 'read _; sleep 60 & echo "$!"; read _; kill "$!"';

test('a process that is started is heard of once, and one that was there before is not', async t => {
  const shell = spawn('sh', ['-c', parent], {stdio: ['pipe', 'pipe', 'inherit']});
  t.after(() => shell.kill());
  let heard = 0;
  watchChildren(process.pid, () => assert.fail('the shell was there before'));
  watchChildren(shell.pid ?? 0, () => heard++);
  shell.stdin.write('\n');
  await once(shell.stdout, 'data');
  for (const until = performance.now() + 5000; heard === 0 && performance.now() < until; ) await setTimeout(5);
  await setTimeout(50);
  assert.equal(heard, 1);
  shell.stdin.write('\n');
  await once(shell, 'close');
  await setTimeout(50);
  assert.equal(heard, 1);
});
