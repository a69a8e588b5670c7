import assert from 'node:assert/strict';
import {X509Certificate} from 'node:crypto';
import {copyFile, mkdtemp, readFile, rm, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {type TestContext, test} from 'node:test';
import {setTimeout as delay} from 'node:timers/promises';
import {renew} from '../../../controller/pki/renew.ts';
import {revoke} from '../../../controller/pki/revoke.ts';
import {TestPki, type TestTlsFiles} from '../../fixtures/pki.ts';
import {eventually, getStatus, TestServer} from '../../fixtures/pki-server.ts';

const calls = 10_000;
/** Every so many calls a caller begins anew, as a hook does: files, connection and handshake. */
const callsPerConnection = 50;

/** The files of one host, which an administrator copies there one after the other. */
const installOn = async (t: TestContext, source: TestTlsFiles): Promise<TestTlsFiles> => {
  const dir = await mkdtemp(join(tmpdir(), 'mha-helper-host-'));
  t.after(() => rm(dir, {recursive: true, force: true}));
  const files = {
    ca: join(dir, 'ca.crt'),
    certificate: join(dir, 'own.crt'),
    key: join(dir, 'own.key'),
    crl: join(dir, 'crl.pem'),
  };
  await copyTo(files, source);
  return files;
};

/** Key before certificate, and a while between the two: what every copying program does, only slower. */
const copyTo = async (files: TestTlsFiles, source: TestTlsFiles): Promise<void> => {
  await copyFile(source.key, files.key);
  await delay(120);
  await copyFile(source.certificate, files.certificate);
  await copyFile(source.ca, files.ca);
};

test('10,000 calls while every certificate and then the authority is replaced: none fails', {
  timeout: 120_000,
}, async t => {
  await using pki = await TestPki.create('db10');
  await using successor = await TestPki.create('db10');
  const [manager, host] = await Promise.all([installOn(t, pki.controller), installOn(t, pki.agent('db10'))]);
  await using server = await TestServer.start('db10', host);
  let made = 0;
  let isRotated = false;
  const call = async (): Promise<void> => {
    while (made < calls || !isRotated) {
      const agent = await server.connect('db10', manager);
      for (let turn = 0; turn < callsPerConnection; turn++, made++) await getStatus(agent, 10_000);
      agent.close();
    }
  };
  const calling = Promise.all([call(), call(), call(), call()]);
  const inUse = async (files: TestTlsFiles): Promise<void> => {
    const end = Date.parse(new X509Certificate(await readFile(files.certificate)).validTo);
    await eventually('the agent shows the new certificate', () => server.credentials.certificateNotAfterMs() === end);
  };
  const rotate = async (): Promise<void> => {
    for (const days of [100, 200, 300]) {
      await eventually('a part of the calls made', () => made > days * 20, 60_000);
      await renew(pki.dir, {names: [], withinDays: Number.POSITIVE_INFINITY, days});
      await copyTo(host, pki.agent('db10'));
      await inUse(host);
      await copyTo(manager, pki.controller);
    }
    // another authority: trust both, then change, then trust the new one only
    const both = Buffer.concat([await readFile(successor.controller.ca), await readFile(pki.controller.ca)]);
    for (const {ca} of [host, manager]) await writeFile(ca, both);
    await eventually('both trusted', () => server.credentials.contextOptions().ca?.toString() === both.toString());
    await renew(successor.dir, {names: ['agent/db10'], withinDays: 0, days: 400});
    for (const [files, source] of [
      [host, successor.agent('db10')],
      [manager, successor.controller],
    ] as const) {
      await copyFile(source.key, files.key);
      await copyFile(source.certificate, files.certificate);
    }
    await inUse(host);
    await delay(500); // until the last caller of the old certificate has ended its calls
    for (const {ca} of [host, manager]) await copyFile(successor.controller.ca, ca);
    isRotated = true;
  };
  await Promise.all([calling, rotate()]);
  assert.ok(made >= calls);
  t.diagnostic(`${made} calls, ${server.lines.filter(line => line.message === 'TLS files replaced').length} changes`);
  const outsider = await server.connect('db10', pki.controller);
  await assert.rejects(getStatus(outsider), 'the old authority is trusted no more');
  outsider.close();
});

test('a revoked certificate is refused within five seconds, on an open connection and on a new one', async t => {
  await using pki = await TestPki.create('db10');
  const [manager, host] = await Promise.all([installOn(t, pki.operator), installOn(t, pki.agent('db10'))]);
  await using server = await TestServer.start('db10', host);
  const open = await server.connect('db10', manager);
  await getStatus(open);
  await revoke(pki.dir, ['alice']);
  const begin = performance.now();
  await copyFile(join(pki.dir, 'crl.pem'), host.crl ?? '');
  const isRefused = async (files: TestTlsFiles, through = open): Promise<boolean> => {
    const agent = through ?? (await server.connect('db10', files));
    return getStatus(agent).then(
      () => false,
      () => true,
    );
  };
  while (!(await isRefused(manager))) assert.ok(performance.now() - begin < 5_000, 'still let in after 5 s');
  const fresh = await server.connect('db10', manager);
  assert.ok(await isRefused(manager, fresh));
  t.diagnostic(`refused after ${Math.round(performance.now() - begin)} ms`);
  const controller = await server.connect('db10', pki.controller);
  await getStatus(controller);
  for (const agent of [open, fresh, controller]) agent.close();
});

test('a controller that has the new list trusts a revoked agent no more, without any restart', async t => {
  await using pki = await TestPki.create('db10', 'db11');
  const manager = await installOn(t, pki.controller);
  const agents = await Promise.all(
    ['db10', 'db11'].map(
      async name => [name, await TestServer.start(name, {...pki.agent(name), crl: undefined})] as const,
    ),
  );
  const ask = async (name: string, server: TestServer) => {
    const agent = await server.connect(name, manager);
    return getStatus(agent)
      .then(
        () => 'answered',
        async error => (await agent.diagnose(error)).message,
      )
      .finally(() => agent.close());
  };
  try {
    for (const [name, server] of agents) assert.equal(await ask(name, server), 'answered');
    await revoke(pki.dir, ['db11']);
    await copyFile(join(pki.dir, 'crl.pem'), manager.crl ?? '');
    const answers = await Promise.all(agents.map(([name, server]) => ask(name, server)));
    assert.equal(answers[0], 'answered');
    assert.match(answers[1] ?? '', /^agent on db11: the certificate of the agent at .* is revoked$/);
  } finally {
    for (const [, server] of agents) await server[Symbol.asyncDispose]();
  }
});
