import assert from 'node:assert/strict';
import {test} from 'node:test';
import {clientCredentials} from '../../../../controller/agents/credentials.ts';
import {trustEnds} from '../../../../controller/command/status/trust-ends.ts';
import {initPki, issueController} from '../../../../controller/pki/issue.ts';
import {TestPki} from '../../../fixtures/pki.ts';

const dayMs = 86_400_000;

test('the authority is told from 30 days before its end on', async () => {
  await using pki = await TestPki.create();
  await initPki(pki.dir, {force: true, days: 100});
  await issueController(pki.dir, {force: true});
  const credentials = await clientCredentials(pki.controller);
  const inDays = (days: number) => trustEnds(credentials, Date.now() + days * dayMs);
  assert.deepEqual(inDays(69), []);
  assert.match(inDays(71)[0]?.message ?? '', /^the certificate authority in .*ca\.crt ends in 28 days$/);
  assert.match(inDays(101)[0]?.message ?? '', /has expired$/);
});

test('a revocation list is told two days before it is out of date', async () => {
  await using pki = await TestPki.create();
  await pki.revoke('01');
  const ends = trustEnds(await clientCredentials(pki.controller), Date.now());
  assert.match(ends.map(({message}) => message).join(), /^the revocation list .*crl\.pem ends in 0 days$/);
});
