import assert from 'node:assert/strict';
import {chmod, mkdtemp, readFile, rm, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {type TestContext, test} from 'node:test';
import {setTimeout as wait} from 'node:timers/promises';
import {createLog} from '../../agent/log.ts';
import {notifySystemd} from '../../agent/notify-systemd.ts';
import {eventually} from '../fixtures/eventually.ts';

/** Stands in for systemd-notify: it writes down which socket it was told and what to say there. */
const standIn = async (t: TestContext) => {
  const directory = await mkdtemp(join(tmpdir(), 'mha-helper-notify-'));
  t.after(() => rm(directory, {recursive: true, force: true}));
  const program = join(directory, 'systemd-notify');
  const heard = join(directory, 'heard');
  await writeFile(heard, '');
  await writeFile(program, `#!/bin/sh\necho "$NOTIFY_SOCKET $1" >>${heard}\n`);
  await chmod(program, 0o755);
  return {program, heard: async () => (await readFile(heard, 'utf8')).split('\n').slice(0, -1)};
};

const environment = {NOTIFY_SOCKET: '/run/n', WATCHDOG_USEC: '150000', WATCHDOG_PID: String(process.pid)};
const log = createLog(() => {});

test('systemd hears READY, then WATCHDOG again and again, then STOPPING and nothing more', async t => {
  const {program, heard} = await standIn(t);
  const systemd = notifySystemd({environment, answers: async () => {}, log, program});
  await eventually('several beats', async () => (await heard()).length >= 4);
  await systemd.stopping();
  await wait(100); // a beat that was on its way
  const lines = await heard();
  await wait(200);
  assert.deepEqual(await heard(), lines);
  assert.equal(lines[0], '/run/n READY=1');
  assert.equal(lines[1], '/run/n WATCHDOG=1');
  assert.ok(lines.includes('/run/n STOPPING=1'));
});

test('an agent that does not answer itself sends no WATCHDOG, and sends it again once it answers', async t => {
  const {program, heard} = await standIn(t);
  let hangs = true;
  const answers = async () => {
    if (hangs) throw new Error('hangs');
  };
  const systemd = notifySystemd({environment, answers, log, program});
  await wait(400);
  assert.deepEqual(await heard(), ['/run/n READY=1']);
  hangs = false;
  await eventually('a beat', async () => (await heard()).includes('/run/n WATCHDOG=1'));
  await systemd.stopping();
});

test("without a notify socket nothing is run, and another process's watchdog is left alone", async t => {
  const {program, heard} = await standIn(t);
  const answers = async () => {};
  await notifySystemd({environment: {WATCHDOG_USEC: '100000'}, answers, log, program}).stopping();
  const other = notifySystemd({environment: {...environment, WATCHDOG_PID: '1'}, answers, log, program});
  await wait(300);
  assert.deepEqual(await heard(), ['/run/n READY=1']);
  await other.stopping();
});
