import assert from 'node:assert/strict';
import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {existsSync, mkdirSync, readFileSync, renameSync, rmSync, utimesSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {test} from 'node:test';
import {hasDue} from '../../../controller/report/retry.ts';
import {eventually} from '../../fixtures/eventually.ts';
import {DeliverStage} from './deliver-stage.ts';
import {startReceiver} from './http-receiver.ts';
import {startMailServer} from './mail-server.ts';

test('all ways are tried side by side, and one that hangs holds up no other', async t => {
  const [stage, receiver, mail] = [new DeliverStage(t), await startReceiver(t), await startMailServer(t)];
  stage.webhook(receiver.url);
  receiver.answer = () => {}; // never
  stage.command('sleep 1000');
  stage.config = {...stage.config, recipients: ['dba@example.com'], smtp: {...stage.config.smtp, port: mail.port}};
  const begin = performance.now();
  assert.equal(await stage.deliver({withinMs: 4000}), false);
  assert.ok(performance.now() - begin < 7500, `${performance.now() - begin} ms`);
  assert.equal(mail.mails.length, 1);
  assert.match(mail.mails[0]?.raw ?? '', /^Message-ID: <[0-9a-f-]{36}@/im);
  assert.deepEqual(stage.said.toSorted(), [
    'command: not done within 4 s; kept, the next mha-helper command tries again',
    'mailed to dba@example.com',
    'webhook: not done within 4 s; kept, the next mha-helper command tries again',
  ]);
  assert.equal(stage.waiting.length, 2);
  assert.deepEqual(stage.modes(), [0o700, 0o600, 0o600]);
});

test('what could not be sent is sent by a later command, oldest first, and once', async t => {
  const [stage, receiver] = [new DeliverStage(t), await startReceiver(t)];
  stage.webhook(receiver.url);
  receiver.answer = response => void response.writeHead(503).end();
  for (const subject of ['first', 'second']) await stage.deliver({subject});
  assert.equal(await hasDue(stage.settings), false); // a moment ago
  await stage.retry();
  assert.equal(receiver.received.length, 2);
  stage.passTime();
  assert.equal(await hasDue(stage.settings), true);
  await stage.retry();
  assert.equal(receiver.received.length, 3); // this way does not work now: the second is not tried
  receiver.answer = response => void response.end();
  stage.passTime();
  await stage.retry();
  assert.deepEqual(
    receiver.received.slice(3).map(({body}) => JSON.parse(body).subject),
    ['first', 'second'],
  );
  assert.deepEqual(stage.waiting, []);
  assert.equal(await hasDue(stage.settings), false);
});

test('a report that is taken takes those along that waited for the same way', async t => {
  const [stage, receiver] = [new DeliverStage(t), await startReceiver(t)];
  stage.webhook(receiver.url);
  receiver.answer = (response, count) => void response.writeHead(count === 1 ? 500 : 200).end();
  await stage.deliver({subject: 'first'});
  stage.passTime();
  assert.equal(await stage.deliver({subject: 'second'}), true);
  assert.deepEqual(
    receiver.received.map(({body}) => JSON.parse(body).subject),
    ['first', 'second', 'first'],
  );
  assert.deepEqual(stage.waiting, []);
});

test('several commands that retry at the same time send nothing twice', async t => {
  const [stage, receiver] = [new DeliverStage(t), await startReceiver(t)];
  stage.webhook(receiver.url);
  receiver.answer = response => void response.writeHead(500).end();
  for (let count = 0; count < 5; count++) await stage.deliver({subject: `${count}`});
  stage.passTime();
  receiver.received.length = 0;
  receiver.answer = response => void setTimeout(() => response.end(), 20);
  await Promise.all(Array.from({length: 6}, () => stage.retry()));
  assert.deepEqual(receiver.received.map(({body}) => JSON.parse(body).subject).toSorted(), ['0', '1', '2', '3', '4']);
  assert.deepEqual(stage.waiting, []);
});

test('what a killed process was sending is sent again; what a living one is sending is not touched', async t => {
  const [stage, receiver] = [new DeliverStage(t), await startReceiver(t)];
  stage.webhook(receiver.url);
  receiver.answer = response => void response.writeHead(500).end();
  await stage.deliver();
  receiver.answer = response => void response.end();
  stage.passTime();
  const sleeper = spawn('sleep', ['1000']);
  t.after(() => sleeper.kill('SIGKILL'));
  await once(sleeper, 'spawn');
  const startTime = readFileSync(`/proc/${sleeper.pid}/stat`, 'utf8').split(') ')[1]?.split(' ')[19];
  const bootId = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  const [name = ''] = stage.waiting;
  renameSync(join(stage.queue, name), join(stage.queue, `${name}.${sleeper.pid}.${startTime}.${bootId}`));
  await stage.retry();
  assert.equal(receiver.received.length, 1);
  sleeper.kill('SIGKILL');
  await once(sleeper, 'exit');
  await stage.retry();
  assert.equal(receiver.received.length, 2);
  assert.deepEqual(stage.waiting, []);
});

test('no more than a hundred wait, the newest; a week later none does', async t => {
  const [stage, receiver] = [new DeliverStage(t), await startReceiver(t)];
  stage.webhook(receiver.url);
  receiver.answer = response => void response.writeHead(500).end();
  await stage.deliver({subject: 'oldest'});
  const [name = ''] = stage.waiting;
  const text = stage.waitingText();
  for (let count = 1; count < 100; count++)
    writeFileSync(join(stage.queue, name.replace(/^\d+/, `${Date.now() + count}`.padStart(15, '0'))), text);
  await stage.deliver({subject: 'newest'});
  assert.equal(stage.waiting.length, 100);
  assert.ok(!stage.waiting.includes(name));
  assert.ok(stage.said.some(line => line.includes('100 reports wait already; 1 of the oldest will not be sent')));
  for (const one of stage.waiting.slice(1)) rmSync(join(stage.queue, one));
  const [left = ''] = stage.waiting;
  const aged = left.replace(/^\d+/, `${Date.now() - 8 * 86_400_000}`.padStart(15, '0'));
  renameSync(join(stage.queue, left), join(stage.queue, aged));
  receiver.received.length = 0;
  await stage.retry();
  assert.deepEqual([stage.waiting, receiver.received], [[], []]);
  assert.match(stage.said.at(-1) ?? '', /was given up after a week/);
});

test('rubbish in the directory hurts nobody', async t => {
  const [stage, receiver] = [new DeliverStage(t), await startReceiver(t)];
  stage.webhook(receiver.url);
  mkdirSync(stage.queue, {recursive: true});
  const name = (channel: string) => `${`${Date.now()}`.padStart(15, '0')}-${crypto.randomUUID()}-${channel}-0.json`;
  const torn = [name('webhook'), name('webhook'), name('mail')];
  writeFileSync(join(stage.queue, torn[0] ?? ''), '{"version":1,"notice":{"id"');
  writeFileSync(join(stage.queue, torn[1] ?? ''), '[]');
  writeFileSync(join(stage.queue, torn[2] ?? ''), 'null');
  writeFileSync(join(stage.queue, '.new-left'), 'half');
  const past = new Date(Date.now() - 7_200_000);
  utimesSync(join(stage.queue, '.new-left'), past, past);
  writeFileSync(join(stage.queue, 'README'), 'by hand');
  await stage.retry();
  assert.equal(await stage.deliver(), true);
  assert.deepEqual([stage.waiting, receiver.received.length], [['README'], 1]);
});

test('without a place for it the report is sent all the same, and the loss of a second try is told', async t => {
  const [stage, receiver] = [new DeliverStage(t), await startReceiver(t)];
  stage.webhook(receiver.url);
  writeFileSync(join(stage.directory, 'app1'), 'a file where the directory should be');
  assert.equal(await stage.deliver(), true);
  assert.equal(receiver.received.length, 1);
  assert.match(stage.said[0] ?? '', /no second try of this report: ENOTDIR/);
});

test('a way that is not configured any more lets its reports go', async t => {
  const [stage, receiver] = [new DeliverStage(t), await startReceiver(t)];
  stage.webhook(receiver.url);
  receiver.answer = response => void response.writeHead(500).end();
  await stage.deliver();
  stage.config = {...stage.config, webhook: undefined};
  stage.passTime();
  await stage.retry();
  assert.deepEqual(stage.waiting, []);
  assert.match(stage.said.at(-1) ?? '', /given up: this way is not configured any more/);
});

test('several processes that deliver at the same time send nothing twice', async t => {
  const [stage, receiver] = [new DeliverStage(t), await startReceiver(t)];
  stage.webhook(receiver.url);
  receiver.answer = response => void response.writeHead(500).end();
  for (let count = 0; count < 4; count++) await stage.deliver({subject: `${count}`});
  stage.passTime();
  receiver.received.length = 0;
  receiver.answer = response => void setTimeout(() => response.end(), 50);
  const [config, program] = [configFor(stage, receiver.url), built('deliver-reports')];
  const processes = Array.from({length: 4}, () => spawn(process.execPath, [program, config], {stdio: 'ignore'}));
  await Promise.all(processes.map(one => once(one, 'exit')));
  assert.deepEqual(receiver.received.map(({body}) => JSON.parse(body).subject).toSorted(), ['0', '1', '2', '3']);
  assert.deepEqual(stage.waiting, []);
});

test('mha-helper history lets a process of its own send what waits, and is not held up by it', async t => {
  const [stage, receiver] = [new DeliverStage(t), await startReceiver(t)];
  stage.webhook(receiver.url);
  receiver.answer = response => void response.writeHead(500).end();
  await stage.deliver();
  stage.passTime();
  const asked: (() => void)[] = [];
  receiver.answer = response => void asked.push(() => response.end());
  const config = configFor(stage, receiver.url);
  const program = built('mha-helper');
  const args = [program, 'history', '--config-dir', config];
  const command = spawn(process.execPath, args, {stdio: 'ignore'});
  assert.deepEqual(await once(command, 'exit'), [0, null]); // before the report is taken
  await eventually('the report is posted', async () => asked.length === 1, 30_000);
  asked[0]?.();
  await eventually('the report is sent', async () => stage.waiting.length === 0, 30_000);
  assert.equal(receiver.received.length, 2);
  const log = join(stage.directory, 'app1/reports.log');
  await eventually(
    'the log tells',
    async () => existsSync(log) && /posted to 127/.test(readFileSync(log, 'utf8')),
    30_000,
  );
});

/** A configuration directory with one cluster over the stage's state directory. */
const configFor = (stage: DeliverStage, url: string): string => {
  const config = join(stage.directory, 'etc');
  mkdirSync(config);
  writeFileSync(
    join(config, 'app1.conf'),
    `[default]\nvip_type = none\nstate_dir = ${stage.directory}\nreport_webhook = ${url}\n[db1]\n`,
  );
  return config;
};

const built = (name: string): string => new URL(`../../../dist/controller/bin/${name}.js`, import.meta.url).pathname;
