// Against a small stateful fake (test/fakes/openstack): only what the real servers of openstack.cloud.test.ts cannot be made to do.
import assert from 'node:assert/strict';
import {readFile} from 'node:fs/promises';
import {test} from 'node:test';
import {changePort} from '../../../../controller/vip/openstack/change-port.ts';
import type {Cloud} from '../../../../controller/vip/openstack/cloud.ts';
import {findPort} from '../../../../controller/vip/openstack/find-port.ts';
import {Neutron} from '../../../../controller/vip/openstack/neutron.ts';
import {Session} from '../../../../controller/vip/openstack/session.ts';
import {type FakeApi, startFakeApi} from '../../../fakes/openstack/api.ts';
import {TestPki} from '../../../fixtures/pki.ts';

const cloudOf = ({authUrl}: FakeApi, differing: Partial<Cloud> = {}): Cloud => ({
  source: 'the test',
  authUrl,
  credentials: {
    kind: 'password',
    user: {name: 'u', domain: {id: 'default'}},
    password: 'quitte-geheim',
    project: {name: 'db', domain: {id: 'default'}},
  },
  region: undefined,
  interface: 'public',
  networkUrl: undefined,
  ca: undefined,
  verifiesTls: true,
  ...differing,
});

const neutronAt = (api: FakeApi, ms = 10_000): Neutron =>
  new Neutron(new Session(cloudOf(api)), AbortSignal.timeout(ms));

const addPair = (neutron: Neutron) =>
  changePort(neutron, 'p1', ({pairs}) =>
    pairs.some(({cidr}) => cidr === '10.0.0.50') ? undefined : {pairs: [...pairs, {cidr: '10.0.0.50', mac: ''}]},
  );

test('an overloaded API is asked again until it answers', async t => {
  const api = await startFakeApi(t);
  api.misdeeds.push({status: 503}, {status: 429});
  assert.equal((await neutronAt(api).getPort('p1')).id, 'p1');
  assert.equal(api.requests.filter(one => one.startsWith('GET')).length, 3);
});

test('an API that stays overloaded is named with its status, and a later try may help', async t => {
  const api = await startFakeApi(t);
  api.misdeeds.push(...Array.from({length: 9}, () => ({status: 503})));
  await assert.rejects(neutronAt(api).getPort('p1'), {status: 503, isWorthAnotherTry: true});
});

test('a change whose answer is lost is found made, and is not made twice', async t => {
  const api = await startFakeApi(t);
  api.misdeeds.push(undefined, 'work and hang up');
  const port = await addPair(neutronAt(api));
  assert.deepEqual(
    port.pairs.map(({cidr}) => cidr),
    ['10.0.0.50'],
  );
  assert.equal(api.port.revision, 2);
});

test('a port that never keeps what is written ends in an error instead of a loop', async t => {
  const api = await startFakeApi(t);
  const neutron = neutronAt(api);
  await assert.rejects(
    changePort(neutron, 'p1', () => ({pairs: []})),
    /does not keep what is written/,
  );
});

test('many requests that meet an expired token get one new token', async t => {
  const api = await startFakeApi(t);
  const neutron = neutronAt(api);
  await neutron.getPort('p1');
  for (const token of api.issued) api.expired.add(token);
  await Promise.all(Array.from({length: 5}, () => neutron.getPort('p1')));
  assert.equal(api.issued.length, 2);
});

test('a server is found by its name', async t => {
  const api = await startFakeApi(t);
  const host = {name: 'db1', port: undefined, server: 'db1', ip: undefined};
  assert.equal((await findPort(neutronAt(api), host, undefined)).id, 'p1');
  assert.ok(api.requests.some(one => one.startsWith('GET /servers?name=%5Edb1%24')));
});

test('a certificate of an unknown authority is told with cacert, and passes with it', async t => {
  await using pki = await TestPki.create('127.0.0.1');
  const files = pki.agent('127.0.0.1');
  const [ca, cert, key] = await Promise.all(
    [files.ca, files.certificate, files.key].map(file => readFile(file, 'utf8')),
  );
  const api = await startFakeApi(t, {key: key ?? '', cert: cert ?? ''});
  const ask = (cloud: Partial<Cloud>) =>
    new Neutron(new Session(cloudOf(api, cloud)), AbortSignal.timeout(10_000)).getPort('p1');
  await assert.rejects(ask({}), {hint: /cacert/, isWorthAnotherTry: false});
  assert.equal((await ask({ca: ca ?? ''})).id, 'p1');
});
