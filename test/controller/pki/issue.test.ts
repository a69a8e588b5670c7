import assert from 'node:assert/strict';
import {X509Certificate} from 'node:crypto';
import {mkdtemp, readdir, readFile, rm, stat, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {test} from 'node:test';
import {initPki, issueAgent, issueController, issueOperator} from '../../../controller/pki/issue.ts';
import {listCertificates} from '../../../controller/pki/list.ts';
import {PkiRefused} from '../../../controller/pki/refused.ts';

const inTemporaryDir = async (body: (dir: string) => Promise<void>): Promise<void> => {
  const parent = await mkdtemp(join(tmpdir(), 'mha-helper-issue-'));
  try {
    await body(join(parent, 'pki'));
  } finally {
    await rm(parent, {recursive: true, force: true});
  }
};

const filesBelow = async (dir: string): Promise<string[]> =>
  (await readdir(dir, {recursive: true, withFileTypes: true}))
    .filter(entry => entry.isFile())
    .map(entry => join(entry.parentPath, entry.name).slice(dir.length + 1))
    .sort();

test('keys are readable for their owner only, and no temporary file stays', () =>
  inTemporaryDir(async dir => {
    await initPki(dir);
    await issueController(dir);
    await issueOperator(dir, 'alice');
    await issueAgent(dir, ['db10', '10.0.0.1']);
    assert.deepEqual(await filesBelow(dir), [
      'agents/10.0.0.1.crt',
      'agents/10.0.0.1.key',
      'agents/db10.crt',
      'agents/db10.key',
      'ca.crt',
      'ca.key',
      'controller.crt',
      'controller.key',
      'operators/alice.crt',
      'operators/alice.key',
    ]);
    for (const file of await filesBelow(dir)) {
      const {mode} = await stat(join(dir, file));
      assert.equal(mode & 0o777, file.endsWith('.key') ? 0o600 : 0o644, file);
    }
    for (const folder of [dir, join(dir, 'agents'), join(dir, 'operators')]) {
      assert.equal((await stat(folder)).mode & 0o777, 0o700, folder);
    }
  }));

test('a certificate serves one side only, names its host and lives as long as asked', () =>
  inTemporaryDir(async dir => {
    await initPki(dir);
    const [byName, byAddress] = await issueAgent(dir, ['DB10', '2001:db8::1'], {days: 30});
    const controller = await issueController(dir);
    assert.ok(byName && byAddress);
    const agent = new X509Certificate(await readFile(byName.file));
    assert.equal(agent.subjectAltName, 'DNS:db10, URI:mha-helper://agent/db10');
    assert.deepEqual(agent.keyUsage, ['1.3.6.1.5.5.7.3.1']);
    assert.equal(agent.ca, false);
    assert.ok(agent.verify(new X509Certificate(await readFile(join(dir, 'ca.crt'))).publicKey));
    assert.match(
      new X509Certificate(await readFile(byAddress.file)).subjectAltName ?? '',
      /^IP Address:2001:DB8:0:0:0:0:0:1, URI:mha-helper:\/\/agent\/2001:db8::1$/,
    );
    assert.deepEqual(new X509Certificate(await readFile(controller.file)).keyUsage, ['1.3.6.1.5.5.7.3.2']);
    assert.equal(byName.daysLeft, 29);
    assert.equal(controller.daysLeft, 729);
  }));

test('no certificate outlives its authority', () =>
  inTemporaryDir(async dir => {
    const ca = await initPki(dir, {days: 10});
    const controller = await issueController(dir, {days: 700});
    assert.equal(controller.notAfter.getTime(), ca.notAfter.getTime());
  }));

test('nothing is overwritten unless asked', () =>
  inTemporaryDir(async dir => {
    await initPki(dir);
    const before = await readFile(join(dir, 'ca.key'), 'utf8');
    await assert.rejects(initPki(dir), PkiRefused);
    assert.equal(await readFile(join(dir, 'ca.key'), 'utf8'), before);

    const [first] = await issueAgent(dir, ['db10']);
    await assert.rejects(issueAgent(dir, ['db11', 'db10']), PkiRefused);
    assert.deepEqual(await filesBelow(join(dir, 'agents')), ['db10.crt', 'db10.key']);
    const [second] = await issueAgent(dir, ['db10'], {force: true});
    assert.notEqual(first?.serial, second?.serial);
  }));

test('of two commands that create the authority at once exactly one wins', () =>
  inTemporaryDir(async dir => {
    const outcomes = await Promise.allSettled([initPki(dir), initPki(dir), initPki(dir)]);
    assert.equal(outcomes.filter(({status}) => status === 'fulfilled').length, 1);
    await issueController(dir); // fails unless key and certificate of the authority belong together
  }));

test('bad names are refused before anything is written', () =>
  inTemporaryDir(async dir => {
    await initPki(dir);
    for (const host of ['../db10', 'a b', '', '*', 'db10,URI:mha-helper://controller']) {
      await assert.rejects(issueAgent(dir, ['good', host]), PkiRefused, host);
    }
    for (const name of ['../x', '', '.hidden', 'a/b']) await assert.rejects(issueOperator(dir, name), PkiRefused, name);
    await assert.rejects(issueController(dir, {days: 0}), PkiRefused);
    assert.deepEqual(await filesBelow(dir), ['ca.crt', 'ca.key']);
  }));

test('without an authority nothing is issued', () =>
  inTemporaryDir(async dir => {
    await assert.rejects(issueController(dir), {name: 'PkiRefused', hint: /pki init/});
  }));

test('the list tells role, name and days, and names files it cannot read', () =>
  inTemporaryDir(async dir => {
    assert.deepEqual(await listCertificates(dir), {certificates: [], unreadable: []});
    await initPki(dir);
    await issueController(dir);
    await issueAgent(dir, ['db11', 'db10']);
    await writeFile(join(dir, 'agents', 'torn.crt'), '-----BEGIN CERTIFICATE-----\nMIIB');
    const {certificates, unreadable} = await listCertificates(dir);
    assert.deepEqual(
      certificates.map(({kind, name, daysLeft}) => [kind, name, daysLeft]),
      [
        ['ca', 'ca', 3649],
        ['controller', 'controller', 729],
        ['agent', 'db10', 729],
        ['agent', 'db11', 729],
      ],
    );
    assert.deepEqual(
      unreadable.map(({file}) => file),
      [join(dir, 'agents', 'torn.crt')],
    );
  }));
