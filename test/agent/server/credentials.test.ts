import assert from 'node:assert/strict';
import {X509Certificate} from 'node:crypto';
import {readFile, rename, writeFile} from 'node:fs/promises';
import {test} from 'node:test';
import {setTimeout as delay} from 'node:timers/promises';
import type {ServiceError} from '@grpc/grpc-js';
import {createLog} from '../../../agent/log.ts';
import {watchCredentials} from '../../../agent/server/credentials.ts';
import {AgentRefused, AgentUnreachable} from '../../../controller/agents/errors.ts';
import {issueAgent} from '../../../controller/pki/issue.ts';
import {readRevocationLists} from '../../../proto/revocation-list.ts';
import {TestPki} from '../../fixtures/pki.ts';
import {eventually, getStatus, TestServer} from '../../fixtures/pki-server.ts';

const unusable = 'new TLS files are unusable; the certificate in use stays';
const replaced = 'TLS files replaced';

const serialOf = async (file: string): Promise<string> => new X509Certificate(await readFile(file)).serialNumber;

test('the certificate is replaced while calls go on, and none fails', async () => {
  await using pki = await TestPki.create('db10');
  await using server = await TestServer.start('db10', pki.agent('db10'));
  const longLived = await server.connect('db10', pki.controller);
  const first = await getStatus(longLived);

  let isOver = false;
  let calls = 0;
  const caller = async (): Promise<void> => {
    while (!isOver) {
      const fresh = await server.connect('db10', pki.controller);
      await Promise.all([getStatus(fresh), getStatus(longLived)]);
      fresh.close();
      calls += 1;
    }
  };
  const calling = caller();
  for (const days of [100, 200, 300]) {
    const before = server.credentials.certificateNotAfterMs();
    await issueAgent(pki.dir, ['db10'], {force: true, days});
    await eventually('certificate replaced', () => server.credentials.certificateNotAfterMs() !== before);
  }
  isOver = true;
  await calling;
  assert.ok(calls >= 3, `only ${calls} rounds of calls`);
  assert.notEqual(await getStatus(longLived), first);
  longLived.close();
});

test('TLS 1.2 stays refused after the certificate was replaced', async () => {
  await using pki = await TestPki.create('db10');
  await using server = await TestServer.start('db10', pki.agent('db10'));
  await issueAgent(pki.dir, ['db10'], {force: true});
  await eventually('certificate replaced', () => server.logged(replaced) !== undefined);
  assert.equal(server.credentials.contextOptions().minVersion, 'TLSv1.3');
  const agent = await server.connect('db10', pki.controller);
  await getStatus(agent);
  agent.close();
});

const broken: readonly (readonly [string, (pki: TestPki, certificate: string, key: string) => Promise<void>])[] = [
  ['a torn certificate', async (_pki, file) => writeFile(file, (await readFile(file, 'utf8')).slice(0, 200))],
  ['an empty key', async (_pki, _file, key) => writeFile(key, '')],
  [
    'a key that does not belong to the certificate',
    async (pki, _file, key) => writeFile(key, await readFile(pki.agent('db11').key)),
  ],
  [
    "another host's certificate",
    async (pki, file, key) => {
      await writeFile(key, await readFile(pki.agent('db11').key));
      await writeFile(file, await readFile(pki.agent('db11').certificate));
    },
  ],
  ['a vanished certificate', async (_pki, file) => rename(file, `${file}.old`)],
  ['a broken revocation list', async pki => writeFile(pki.agent('db10').crl ?? '', 'nonsense')],
];
for (const [name, breakIt] of broken) {
  test(`with ${name} the old one stays in use, an error is logged, and good files heal it`, async () => {
    await using pki = await TestPki.create('db10', 'db11');
    const files = pki.agent('db10');
    await using server = await TestServer.start('db10', files);
    const before = server.credentials.certificateNotAfterMs();
    await breakIt(pki, files.certificate, files.key);
    await eventually('error logged', () => server.logged(unusable) !== undefined);
    assert.equal(server.logged(unusable)?.level, 'error');
    const agent = await server.connect('db10', {...pki.controller, crl: undefined});
    assert.equal(await getStatus(agent), before);
    agent.close();

    await pki.revoke();
    await issueAgent(pki.dir, ['db10'], {force: true, days: 42});
    await eventually('healed', () => server.credentials.certificateNotAfterMs() !== before);
  });
}

test('the agent does not start with unusable files, and says which', async () => {
  await using pki = await TestPki.create('db10', 'db11');
  await using other = await TestPki.create('db10');
  const log = createLog(() => {});
  const start = (host: string, files: object) => watchCredentials({host, log, files: {...pki.agent('db10'), ...files}});
  await assert.rejects(start('db11', {}), /db10\.crt is for agent\/db10, but this host is agent\/db11/);
  await assert.rejects(start('db10', pki.controller), /controller\.crt is for controller/);
  await assert.rejects(start('db10', {ca: other.agent('db10').ca}), /was not issued by the authority in/);
  await assert.rejects(start('db10', {key: pki.agent('db11').key}), {code: 'ERR_OSSL_X509_KEY_VALUES_MISMATCH'});
  await assert.rejects(start('db10', {certificate: '/nonexistent/a.crt'}), {code: 'ENOENT'});
});

test('a revoked certificate is out with its next call on an open connection, and at the next handshake', async () => {
  await using pki = await TestPki.create('db10');
  await using server = await TestServer.start('db10', pki.agent('db10'));
  const operator = await server.connect('db10', pki.operator);
  const controller = await server.connect('db10', pki.controller);
  await getStatus(operator);
  await getStatus(controller);

  const serial = await serialOf(pki.operator.certificate);
  await pki.revoke('0123456789', serial, '80ff');
  const certificate = new X509Certificate(await readFile(pki.operator.certificate)).raw;
  await eventually('revoked', () => server.credentials.isRevoked(certificate));
  await assert.rejects(getStatus(operator), (error: ServiceError) => {
    assert.match(error.details, /certificate of operator\/alice is revoked/);
    return true;
  });
  await getStatus(controller);
  operator.close();
  controller.close();

  const again = await server.connect('db10', {...pki.operator, crl: undefined});
  const failure = await getStatus(again).then(
    () => assert.fail('the call succeeded'),
    error => again.diagnose(error),
  );
  assert.ok(failure instanceof AgentUnreachable && !(failure instanceof AgentRefused), String(failure));
  assert.equal(failure.why, 'own_certificate');
  assert.equal(server.logged('connection refused')?.why, 'CERT_REVOKED');
  again.close();
});

test('the controller refuses an agent whose certificate is revoked', async () => {
  await using pki = await TestPki.create('db10');
  await using server = await TestServer.start('db10', pki.agent('db10'));
  await pki.revoke(await serialOf(pki.agent('db10').certificate));
  const agent = await server.connect('db10', pki.controller);
  const failure = await getStatus(agent).then(
    () => assert.fail('the call succeeded'),
    error => agent.diagnose(error),
  );
  assert.ok(failure instanceof AgentUnreachable, String(failure));
  assert.match(failure.message, /is revoked/);
  agent.close();
});

test('a certificate that expires on an open connection is out with its next call', async () => {
  await using pki = await TestPki.create('db10');
  await using server = await TestServer.start('db10', pki.agent('db10'));
  const dayMs = 86_400_000;
  const livesMs = 2_500;
  const files = await pki.issue({
    commonName: 'soon gone',
    altNames: [{type: 'url', value: 'mha-helper://controller'}],
    usage: 'client',
    validity: {days: 1, notBefore: new Date(Date.now() + livesMs - dayMs)},
  });
  const agent = await server.connect('db10', files);
  await getStatus(agent);
  const deadline = performance.now() + livesMs + 2_000;
  for (;;) {
    const error = await getStatus(agent).then(
      () => undefined,
      (reason: ServiceError) => reason,
    );
    if (error !== undefined) {
      assert.match(error.details, /certificate of controller expired on/);
      break;
    }
    assert.ok(performance.now() < deadline, 'still let in');
    await delay(100);
  }
  agent.close();
});

test('a revocation list names its serial numbers as Node spells them', async () => {
  await using pki = await TestPki.create('db10');
  const read = async () => readRevocationLists(await readFile(pki.agent('db10').crl ?? '')).serials;
  await pki.revoke();
  assert.deepEqual(await read(), []);
  const serial = await serialOf(pki.controller.certificate);
  await pki.revoke(serial, '01', 'ff00');
  assert.deepEqual(await read(), [serial, '01', 'FF00']);
  const many = Array.from({length: 3_000}, (_, index) => (0x100000 + index).toString(16).toUpperCase());
  await pki.revoke(...many);
  assert.deepEqual(await read(), many);
  for (const bad of ['', 'x', '-----BEGIN X509 CRL-----\nMIIB\n-----END X509 CRL-----']) {
    assert.throws(() => readRevocationLists(Buffer.from(bad)), /not a readable X\.509 CRL/);
  }
});
