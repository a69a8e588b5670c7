import assert from 'node:assert/strict';
import {once} from 'node:events';
import {chmodSync, mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {type AddressInfo, createServer, type Socket} from 'node:net';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {type TestContext, test} from 'node:test';
import type {ReportConfig} from '../../../controller/config/cluster-config.ts';
import {deadline} from '../../../controller/report/attempt.ts';
import {ReportNotSent, sendReport} from '../../../controller/report/send-report.ts';
import {startMailServer} from './mail-server.ts';

const reportTo = (
  port: number,
  {recipients = ['dba@example.info'], host = '127.0.0.1', passwordFile = undefined as string | undefined} = {},
): ReportConfig => ({
  recipients,
  smtp: {host, port, account: passwordFile === undefined ? undefined : {user: 'mha', passwordFile}},
  webhook: undefined,
  command: undefined,
});

const report = {
  subject: 'app1: MySQL Master failover db2(10.77.0.12:3306) succeeded',
  body: 'Master db2 is down!\n\n.\nCheck Manager logs.\n',
  account: {
    oldMaster: 'db2:3306',
    fencing: {fencing: 'released', because: 'Its agent took the VIP off and read it back.'},
    vips: [{cidr: '10.77.0.50/24', holders: ['db1']}],
    notes: [],
  },
} as const;

const send = ({config, withinMs = 10_000, ...notice}: Mailed & {config: ReportConfig; withinMs?: number}) =>
  sendReport({config, notice, signal: deadline(withinMs).signal});

type Mailed = Parameters<typeof sendReport>[0]['notice'];

const passwordFile = (t: TestContext, {content = 'right\n', mode = 0o600} = {}): string => {
  const directory = mkdtempSync(join(tmpdir(), 'mha-helper-report-'));
  t.after(() => rmSync(directory, {recursive: true, force: true}));
  const file = join(directory, 'password');
  writeFileSync(file, content);
  chmodSync(file, mode);
  return file;
};

test('a report arrives at a server without TLS, with our account before the body of MHA', async t => {
  const {port, mails} = await startMailServer(t, {hideSTARTTLS: true});
  const recipients = ['dba@example.info', 'oncall@example.photography'];
  const sent = await send({...report, config: reportTo(port, {recipients})});
  assert.deepEqual(sent, {accepted: recipients, rejected: []});
  const [mail] = mails;
  assert.ok(mail);
  assert.deepEqual([mail.to, mail.secure, mail.user], [recipients, false, undefined]);
  assert.match(mail.from, /^mha_helper@[^@\s]+$/);
  assert.match(mail.raw, /^From: mha_helper@/m);
  assert.match(mail.raw, /^Subject: app1: MySQL Master failover/m);
  const text = mail.raw.replaceAll('\r\n', '\n');
  assert.ok(
    text.indexOf('Old master db2:3306: released.') < text.indexOf('Master db2 is down!\n\n.\nCheck Manager logs.'),
  );
  assert.match(text, /Writer VIP 10\.77\.0\.50\/24: on db1\./);
});

test('STARTTLS is used when offered, even with a certificate that nobody signed', async t => {
  const {port, mails} = await startMailServer(t);
  await send({...report, config: reportTo(port)});
  assert.deepEqual(
    mails.map(({secure}) => secure),
    [true],
  );
});

test('the account logs in with the password of its file', async t => {
  const {port, mails} = await startMailServer(t, {authOptional: false});
  await send({...report, config: reportTo(port, {passwordFile: passwordFile(t)})});
  assert.deepEqual(
    mails.map(({user, secure}) => [user, secure]),
    [['mha', true]],
  );
});

test('a wrong password is an error that does not repeat it', async t => {
  const {port, mails} = await startMailServer(t);
  const file = passwordFile(t, {content: 'hunter2\n'});
  await assert.rejects(send({...report, config: reportTo(port, {passwordFile: file})}), (error: unknown) => {
    assert.ok(error instanceof ReportNotSent);
    assert.match(error.message, /^could not send the report through 127\.0\.0\.1:\d+: .*no such account/);
    assert.doesNotMatch(`${error.message}${error.hint}${JSON.stringify(error.cause)}`, /hunter2|aHVudGVyMg/);
    return true;
  });
  assert.deepEqual(mails, []);
});

test('a password never goes to a server without TLS', async t => {
  const commands: string[] = [];
  const {port, mails} = await startMailServer(t, {
    hideSTARTTLS: true,
    disabledCommands: ['STARTTLS'],
    allowInsecureAuth: true,
    onAuth: ({method}, _session, done) => {
      commands.push(method);
      done(null, {user: 'mha'});
    },
  });
  await assert.rejects(send({...report, config: reportTo(port, {passwordFile: passwordFile(t)})}), ReportNotSent);
  assert.deepEqual([commands, mails], [[], []]);
});

test('a password never goes to another host whose certificate does not fit', async t => {
  const {port, mails} = await startMailServer(t);
  // The machine's own name, so that the connection is made; only loopback names are exempt.
  const host = '::ffff:127.0.0.1';
  await assert.rejects(
    send({...report, config: reportTo(port, {host, passwordFile: passwordFile(t)})}),
    /certificate|self.signed|altnames|IP/i,
  );
  assert.deepEqual(mails, []);
});

for (const [what, options, complaint] of [
  ['readable by others', {mode: 0o640}, /can be read by others; chmod 0600/],
  ['empty', {content: '\n'}, /is empty/],
] as const) {
  test(`a password file that is ${what} is refused before anything is sent`, async t => {
    const {port, mails} = await startMailServer(t);
    const config = reportTo(port, {passwordFile: passwordFile(t, options)});
    await assert.rejects(send({...report, config}), complaint);
    assert.deepEqual(mails, []);
  });
}

test('a recipient whom the server refuses does not cost the others their report', async t => {
  const {port, mails} = await startMailServer(t);
  const config = reportTo(port, {recipients: ['nobody@example.com', 'dba@example.com']});
  const {accepted, rejected} = await send({...report, config});
  assert.deepEqual(accepted, ['dba@example.com']);
  assert.deepEqual(
    rejected.map(({recipient}) => recipient),
    ['nobody@example.com'],
  );
  assert.match(rejected[0]?.reason ?? '', /no such user/);
  assert.deepEqual(mails[0]?.to, ['dba@example.com']);
});

test('when every recipient is refused the report was not sent', async t => {
  const {port} = await startMailServer(t);
  const config = reportTo(port, {recipients: ['nobody@example.com']});
  await assert.rejects(send({...report, config}), ReportNotSent);
});

test('without recipients nothing is sent and nothing is claimed', async () => {
  assert.deepEqual(await send({...report, config: reportTo(1, {recipients: []})}), {accepted: [], rejected: []});
});

test('a refused connection is reported at once', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const {port} = server.address() as AddressInfo;
  await new Promise(done => server.close(done));
  await assert.rejects(send({...report, config: reportTo(port)}), (error: unknown) => {
    assert.ok(error instanceof ReportNotSent);
    assert.match(error.message, /ECONNREFUSED/);
    return true;
  });
});

/** What a server says before it falls silent for ever. */
for (const [what, greeting] of [
  ['nothing at all', []],
  ['only its greeting', ['220 mail ESMTP']],
  ['yes until the message', ['220 mail ESMTP', '250 mail', '250 ok', '250 ok', '354 go']],
] as const) {
  test(`a server that says ${what} costs no more than the bound, and its socket is closed`, async t => {
    const {port, closed} = await startSilentServer(t, greeting);
    const begin = performance.now();
    await assert.rejects(send({...report, config: reportTo(port), withinMs: 300}), /not done within 0\.3 s/);
    assert.ok(performance.now() - begin < 1500, `${performance.now() - begin} ms`);
    await closed;
  });
}

const startSilentServer = async (t: TestContext, answers: readonly string[]) => {
  const closed = deferred();
  const server = createServer((socket: Socket) => {
    const left = [...answers];
    const answer = () => {
      const next = left.shift();
      if (next !== undefined) socket.write(`${next}\r\n`);
    };
    socket.on('error', () => undefined).on('close', closed.resolve);
    answer();
    socket.on('data', answer);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => new Promise(done => server.close(done)));
  return {port: (server.address() as AddressInfo).port, closed: closed.promise};
};

const deferred = () => {
  let resolve = (): void => undefined;
  const promise = new Promise<void>(done => {
    resolve = done;
  });
  return {promise, resolve: () => resolve()};
};

test('nothing in a subject can add a header or a recipient', async t => {
  const {port, mails} = await startMailServer(t);
  const subject = 'failover\r\nBcc: eve@example.com\r\n\r\nforged body';
  await send({...report, subject, config: reportTo(port)});
  const [mail] = mails;
  assert.deepEqual(mail?.to, ['dba@example.info']);
  assert.doesNotMatch(mail?.raw.split('\r\n\r\n')[0] ?? '', /^Bcc:/im);
  assert.match(mail?.raw ?? '', /^Subject: failover Bcc: eve@example\.com forged body/m);
});
