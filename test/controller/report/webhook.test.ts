import assert from 'node:assert/strict';
import {once} from 'node:events';
import {createServer} from 'node:net';
import {test} from 'node:test';
import {TestPki} from '../../fixtures/pki.ts';
import {DeliverStage, hostile} from './deliver-stage.ts';
import {startReceiver} from './http-receiver.ts';

const secret = 'hunter2hunter2';

test('format json posts all facts, with the token of its file', async t => {
  const [stage, receiver] = [new DeliverStage(t), await startReceiver(t)];
  stage.webhook(`${receiver.url}/here`, {keyFile: stage.file('key', `${secret}\n`)});
  assert.equal(await stage.deliver(), true);
  const [{headers, url, body} = {headers: {}, url: '', body: '{}'}] = receiver.received;
  assert.equal(url, '/here');
  assert.equal(headers.authorization, `Bearer ${secret}`);
  assert.match(headers['content-type'] ?? '', /^application\/json/);
  const {id, time, manager, version, text, ...facts} = JSON.parse(body);
  assert.match(id, /^[0-9a-f-]{36}$/);
  assert.ok(Math.abs(Date.parse(time) - Date.now()) < 60_000);
  assert.ok(manager !== '' && version !== '');
  assert.match(
    text,
    /^Old master db2:3306: released\. Its agent took the VIP off\.\nWriter VIP 10\.77\.0\.50\/24: on db1\./,
  );
  assert.deepEqual(facts, {
    ...{event: 'failover', result: 'succeeded', cluster: 'app1', failover: 'app1-7', delayed: false},
    ...{old_master: 'db2:3306', new_master: 'db1', fencing: 'released', fencing_because: 'its agent took the VIP off'},
    ...{vips: [{cidr: '10.77.0.50/24', holders: ['db1']}], notes: []},
    subject: 'app1: MySQL Master failover db2 to db1 succeeded',
  });
  assert.deepEqual(stage.waiting, []);
});

test('format slack posts a text in which nothing calls a channel', async t => {
  const [stage, receiver] = [new DeliverStage(t), await startReceiver(t)];
  stage.webhook(receiver.url, {
    target: {file: stage.file('url', `${receiver.url}/services/${secret}\n`)},
    format: 'slack',
  });
  assert.equal(await stage.deliver({subject: hostile, body: `${hostile}\n${'x'.repeat(200_000)}`}), true);
  const {text, ...rest} = JSON.parse(receiver.received[0]?.body ?? '');
  assert.deepEqual(rest, {mrkdwn: false, unfurl_links: false, unfurl_media: false});
  assert.ok(text.length <= 12_000);
  assert.doesNotMatch(text, /<|>/);
  assert.match(text, /&lt;!channel&gt;/);
  assert.equal(receiver.received[0]?.url, `/services/${secret}`);
  assert.doesNotMatch(stage.said.join('\n'), new RegExp(secret));
});

test('format pagerduty posts an Events v2 trigger, and the same incident however often', async t => {
  const [stage, receiver] = [new DeliverStage(t), await startReceiver(t)];
  stage.webhook(receiver.url, {format: 'pagerduty', keyFile: stage.file('key', secret)});
  receiver.answer = (response, count) => void response.writeHead(count === 1 ? 500 : 202).end();
  assert.equal(await stage.deliver({result: 'failed', subject: `${hostile}${'x'.repeat(5000)}`}), false);
  stage.passTime();
  await stage.retry();
  const [first, second] = receiver.received.map(({body}) => JSON.parse(body));
  assert.equal(first.routing_key, secret);
  assert.equal(first.event_action, 'trigger');
  assert.equal(first.payload.severity, 'critical');
  assert.equal(first.payload.component, 'app1');
  assert.ok(first.payload.summary.length <= 1024 && first.payload.source === 'db2:3306');
  assert.ok(!Number.isNaN(Date.parse(first.payload.timestamp)));
  assert.equal(second.dedup_key, first.dedup_key);
  assert.equal(second.payload.custom_details.delayed, true);
  assert.equal(receiver.received[0]?.headers.authorization, undefined);
});

const answers: readonly (readonly [string, (response: import('node:http').ServerResponse) => void, RegExp])[] = [
  ['500', response => void response.writeHead(500).end(secret), /answered 500 Internal Server Error/],
  ['404', response => void response.writeHead(404).end(secret), /answered 404 Not Found/],
  [
    'a redirect, which is not followed',
    response => void response.writeHead(302, {location: '/elsewhere'}).end(),
    /answered 302 Found; a redirect is not followed: write the final URL/,
  ],
  ['a closed connection', response => void response.socket?.destroy(), /socket hang up|ECONNRESET/],
  ['rubbish', response => void response.socket?.end('rubbish\r\n\r\n'), /Parse Error/],
  [
    'endless headers',
    response => void response.socket?.write(`HTTP/1.1 200 OK\r\n${'x: y\r\n'.repeat(50_000)}`),
    /Header/,
  ],
];
for (const [what, answer, complaint] of answers)
  test(`a server that answers with ${what} has not taken the report: it is kept`, async t => {
    const [stage, receiver] = [new DeliverStage(t), await startReceiver(t)];
    receiver.answer = answer;
    stage.webhook(`${receiver.url}/${secret}`);
    assert.equal(await stage.deliver(), false);
    assert.match(stage.said[0] ?? '', complaint);
    assert.match(stage.said[0] ?? '', /; kept, the next mha-helper command tries again$/);
    assert.equal(receiver.received.length, 1);
    assert.equal(stage.waiting.length, 1);
    assert.doesNotMatch(stage.said.join('\n') + stage.waitingText(), new RegExp(secret));
  });

test('an endless answer is not read', async t => {
  const [stage, receiver] = [new DeliverStage(t), await startReceiver(t)];
  let written = 0;
  receiver.answer = response => {
    const more = (): void => {
      while (!response.destroyed && response.write('x'.repeat(65_536))) written += 65_536;
    };
    response
      .writeHead(200)
      .on('drain', more)
      .on('error', () => {});
    more();
  };
  stage.webhook(receiver.url);
  assert.equal(await stage.deliver(), true);
  assert.ok(written < 50_000_000, `${written}`);
});

for (const [what, greeting, again] of [
  ['says nothing', '', ''],
  ['dribbles headers', 'HTTP/1.1 200 OK\r\n', 'x: y\r\n'],
] as const)
  test(`a server that ${what} costs no more than the deadline`, async t => {
    const stage = new DeliverStage(t);
    const server = createServer(socket => {
      const more = setInterval(() => socket.write(again), 20);
      socket.on('error', () => {}).on('close', () => clearInterval(more));
      socket.resume().write(greeting);
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    t.after(() => new Promise(done => server.close(done))); // ends because our side has let go
    const address = server.address();
    stage.webhook(`http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}/${secret}`);
    const begin = performance.now();
    assert.equal(await stage.deliver({withinMs: 400}), false);
    assert.ok(performance.now() - begin < 10_000, `${performance.now() - begin} ms`);
    assert.match(stage.said[0] ?? '', /^webhook: not done within 0\.4 s; kept/);
    assert.equal(stage.waiting.length, 1);
  });

test('TLS: the well-known authorities do not know the server, report_webhook_ca does', async t => {
  await using pki = await TestPki.create('localhost');
  const [stage, receiver] = [new DeliverStage(t), await startReceiver(t, pki.agent('localhost'))];
  stage.webhook(receiver.url, {format: 'slack'});
  assert.equal(await stage.deliver(), false);
  assert.match(stage.said[0] ?? '', /^webhook: .*(certificate|issuer)/i);
  stage.webhook(receiver.url, {format: 'slack', caFile: pki.agent('localhost').ca});
  stage.passTime();
  await stage.retry();
  assert.equal(receiver.received.length, 1);
  assert.match(JSON.parse(receiver.received[0]?.body ?? '').text, /\nDELAYED: this was so at 20/);
  assert.deepEqual(stage.waiting, []);
});

for (const [what, content, mode] of [
  ['that others can read', 'https://localhost/x', 0o644],
  ['that is empty', '\n', 0o600],
  ['that holds no URL', secret, 0o600],
  ['whose URL is not private', 'http://hooks.example.com/x', 0o600],
] as const)
  test(`a file ${what} sends nothing, and is not repeated`, async t => {
    const stage = new DeliverStage(t);
    stage.webhook('', {target: {file: stage.file('url', content, mode)}, format: 'slack'});
    assert.equal(await stage.deliver(), false);
    assert.match(stage.said[0] ?? '', /^webhook: .*(chmod 0600|is empty|not an http|write an https URL)/);
    assert.doesNotMatch(stage.said.join('\n'), new RegExp(secret));
  });

test('a deadline that has passed before the first byte is told, and leaves nothing behind that fails later', async t => {
  const [stage, receiver] = [new DeliverStage(t), await startReceiver(t)];
  stage.webhook(receiver.url);
  stage.config = {...stage.config, recipients: ['dba@example.com']};
  assert.equal(await stage.deliver({withinMs: 0}), false);
  assert.equal(stage.said.filter(line => line.includes('not done within 0 s; kept')).length, 2);
  await new Promise(done => setTimeout(done, 50));
});
