import assert from 'node:assert/strict';
import {X509Certificate} from 'node:crypto';
import {appendFile, readFile, writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import {test} from 'node:test';
import {initPki, issueAgent, issueController, issueOperator} from '../../../controller/pki/issue.ts';
import {caFiles, crlFile} from '../../../controller/pki/layout.ts';
import {renew} from '../../../controller/pki/renew.ts';
import {revoke, revokedIn} from '../../../controller/pki/revoke.ts';
import {certificateChain} from '../../../proto/certificate-chain.ts';
import {readRevocationLists} from '../../../proto/revocation-list.ts';
import {TestPki} from '../../fixtures/pki.ts';

const soon = {names: [], withinDays: 30};

test('without names, what ends soon is renewed: the same role, another key, a new life', async () => {
  await using pki = await TestPki.create('db10', 'db11');
  await issueAgent(pki.dir, ['db11'], {force: true, days: 20});
  await issueOperator(pki.dir, 'bob', {days: 31});
  const keyBefore = await readFile(pki.agent('db11').key, 'utf8');
  const renewals = await renew(pki.dir, soon);
  assert.deepEqual(
    renewals.map(({before, after}) => [before.name, before.daysLeft, after.name, after.daysLeft]),
    [['db11', 19, 'db11', 729]],
  );
  const {subjectAltName} = new X509Certificate(await readFile(pki.agent('db11').certificate));
  assert.equal(subjectAltName, 'DNS:db11, URI:mha-helper://agent/db11');
  assert.notEqual(await readFile(pki.agent('db11').key, 'utf8'), keyBefore);
  assert.deepEqual(await renew(pki.dir, soon), []);
});

test('a renewed authority vouches for what it has issued before, and the old one for what comes after', async () => {
  await using pki = await TestPki.create('db10');
  const old = await readFile(caFiles(pki.dir).certificate);
  const issuedBefore = await readFile(pki.controller.certificate);
  const [renewal] = await renew(pki.dir, {names: ['ca'], withinDays: 0, days: 5000});
  assert.equal(renewal?.after.daysLeft, 4999);
  const renewed = await readFile(caFiles(pki.dir).certificate);
  await issueController(pki.dir, {force: true});
  const issuedAfter = await readFile(pki.controller.certificate);
  for (const leaf of [issuedBefore, issuedAfter])
    for (const authority of [old, renewed]) assert.equal(certificateChain(leaf, authority)?.length, 2);
});

test('renewing everything takes the authority first, so that nothing is cut short by its old end', async () => {
  await using pki = await TestPki.create('db10');
  await initPki(pki.dir, {force: true, days: 10});
  const renewals = await renew(pki.dir, {names: [], withinDays: Number.POSITIVE_INFINITY});
  assert.deepEqual(
    renewals.map(({after}) => [after.kind, after.daysLeft]),
    [
      ['ca', 3649],
      ['controller', 729],
      ['agent', 729],
      ['operator', 729],
    ],
  );
});

test('authorities that ca.crt trusts besides stay in it when ours is renewed', async () => {
  await using pki = await TestPki.create();
  await using other = await TestPki.create('db20');
  const file = caFiles(pki.dir).certificate;
  await appendFile(file, await readFile(caFiles(other.dir).certificate));
  await renew(pki.dir, {names: ['ca'], withinDays: 0});
  const trusted = await readFile(file);
  for (const leaf of [pki.controller, other.agent('db20')])
    assert.equal(certificateChain(await readFile(leaf.certificate), trusted)?.length, 2);
});

test('a name that is nobody, or several, renews nothing and says so', async () => {
  await using pki = await TestPki.create('db10', 'alice');
  const before = await readFile(pki.agent('db10').certificate);
  await assert.rejects(renew(pki.dir, {names: ['db10', 'db12'], withinDays: 0}), /no certificate of "db12"/);
  await assert.rejects(renew(pki.dir, {names: ['alice'], withinDays: 0}), {
    name: 'PkiRefused',
    hint: 'write one of: agent/alice, operator/alice',
  });
  assert.deepEqual(await readFile(pki.agent('db10').certificate), before);
});

test('the revocation list grows by name and by serial number, and again is no error', async () => {
  await using pki = await TestPki.create('db10', 'db11');
  const serial = new X509Certificate(await readFile(pki.agent('db10').certificate)).serialNumber;
  const first = await revoke(pki.dir, ['db10', 'operator/alice']);
  assert.equal(first.total, 2);
  assert.equal(first.added[0], serial.toLowerCase());
  const second = await revoke(pki.dir, [serial, '4AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA']);
  assert.deepEqual([second.added, second.total], [['4aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa'], 3]);
  assert.deepEqual((await revokedIn(pki.dir)).size, 3);

  const lists = readRevocationLists(await readFile(crlFile(pki.dir)));
  const {notAfter} = (await renew(pki.dir, {names: ['ca'], withinDays: 0}))[0]?.before ?? {};
  assert.equal(lists.nextUpdateMs, notAfter?.getTime());
  const der = async (file: string) => new X509Certificate(await readFile(file)).raw;
  assert.equal(lists.revokes(await der(pki.agent('db10').certificate)), true);
  assert.equal(lists.revokes(await der(pki.agent('db11').certificate)), false);
});

test('nothing is revoked when one of the names is unknown, the authority is meant, or the list is of another one', async () => {
  await using pki = await TestPki.create('db10');
  await using other = await TestPki.create('db10');
  for (const names of [['db10', 'db99'], ['db10', 'ca'], ['ffff']]) {
    await assert.rejects(revoke(pki.dir, names), {name: 'PkiRefused'}, names.join());
    await assert.rejects(readFile(crlFile(pki.dir)), {code: 'ENOENT'});
  }
  await other.revoke('01');
  const foreign = await readFile(crlFile(other.dir), 'utf8');
  await writeFile(crlFile(pki.dir), foreign);
  await assert.rejects(revoke(pki.dir, ['db10']), /is not a revocation list of this authority/);
  assert.equal(await readFile(crlFile(pki.dir), 'utf8'), foreign);
});

test('without the authority nothing is renewed and nothing revoked', async () => {
  await using pki = await TestPki.create('db10');
  const elsewhere = join(pki.dir, 'agents');
  await assert.rejects(renew(elsewhere, soon), /there is no usable certificate authority in/);
  await assert.rejects(revoke(elsewhere, ['db10']), /there is no usable certificate authority in/);
});
