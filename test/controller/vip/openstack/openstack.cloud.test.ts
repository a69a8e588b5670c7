// Everything here runs against Debian 12's real Keystone and Neutron. What those cannot be made to do is in session.test.ts.
import assert from 'node:assert/strict';
import {createServer, type Server} from 'node:net';
import {after, before, describe, type TestContext, test} from 'node:test';
import {setTimeout as delay} from 'node:timers/promises';
import {CloudFailed} from '../../../../controller/vip/cloud.ts';
import {Neutron} from '../../../../controller/vip/openstack/neutron.ts';
import {openStackCloud} from '../../../../controller/vip/openstack/openstack-cloud.ts';
import {readCloud} from '../../../../controller/vip/openstack/read-cloud.ts';
import {Session} from '../../../../controller/vip/openstack/session.ts';
import {briefTokenSeconds, type OpenStack, startOpenStack} from '../../../fixtures/openstack.ts';
import {furnishTenant, password, type Tenant} from '../../../fixtures/openstack-tenant.ts';
import {vipProviderSuite} from '../../../suites/vip-provider.ts';
import {configFor, fixedVip, giveTo, holdersAtApi, resetTenant, stageFor} from './openstack-stage.ts';

let cloud: OpenStack;
let tenant: Tenant;

before(async () => {
  cloud = await startOpenStack();
  tenant = await furnishTenant(cloud);
});

after(() => cloud?.dispose());

const modes = ['allowed_address_pair', 'fixed_ip', 'floating_ip'] as const;

for (const mode of modes) vipProviderSuite(`openstack ${mode}`, (t: TestContext) => stageFor(t, {cloud, tenant, mode}));

const soon = (ms = 20_000): AbortSignal => AbortSignal.timeout(ms);

const neutronOf = async (t: TestContext, account: keyof Tenant['clouds']): Promise<Neutron> =>
  new Neutron(new Session(await readCloud(configFor(t, {tenant, mode: 'fixed_ip', account}))), soon());

for (const mode of modes)
  describe(`openstack ${mode}, beside the suite`, () => {
    test('takes the VIP from a dead host that the failover may take it from, in one grant', async t => {
      await resetTenant(tenant);
      await giveTo('b', tenant, mode);
      const api = openStackCloud(configFor(t, {tenant, mode}));
      await api.grant('a', {from: ['b'], signal: soon()});
      assert.deepEqual(await holdersAtApi(tenant, mode), ['a']);
    });

    test('an application credential is enough', async t => {
      await resetTenant(tenant);
      const api = openStackCloud(configFor(t, {tenant, mode, account: 'credential'}));
      await api.grant('c', {from: [], signal: soon()});
      assert.deepEqual(await holdersAtApi(tenant, mode), ['c']);
      await api.revoke('c', soon());
      assert.deepEqual(await holdersAtApi(tenant, mode), []);
    });

    test('an account that may only read is refused by name of the rule, and check says so beforehand', async t => {
      await resetTenant(tenant);
      const api = openStackCloud(configFor(t, {tenant, mode, account: 'reader'}));
      const findings = await api.check(soon());
      const refused = findings.filter(({result}) => result === 'FAIL').map(({text}) => text);
      assert.match(refused.join('\n'), /403 PolicyNotAuthorized/);
      await assert.rejects(api.grant('a', {from: [], signal: soon()}), (error: CloudFailed) => {
        assert.match(error.message, /PUT \/v2\.0\/\S+: 403 PolicyNotAuthorized/);
        assert.match(error.hint, /give it the role member/);
        assert.equal(error.isWorthAnotherTry, false);
        return true;
      });
      assert.deepEqual(await holdersAtApi(tenant, mode), []);
    });

    test('check finds an account that may do it all, and changes nothing', async t => {
      await resetTenant(tenant);
      const before = await portsNow();
      const findings = await openStackCloud(configFor(t, {tenant, mode})).check(soon());
      assert.deepEqual(
        findings.filter(({result}) => result === 'FAIL'),
        [],
      );
      const rights = findings.filter(({text}) => text.startsWith('the account may change'));
      assert.equal(rights.length, mode === 'floating_ip' ? 1 : 3);
      assert.deepEqual(await portsNow(), before);
    });
  });

const portsNow = async (): Promise<unknown> => {
  const [{ports}, {floatingips}] = await Promise.all([
    tenant.neutron('GET', '/v2.0/ports?sort_key=id&sort_dir=asc'),
    tenant.neutron('GET', '/v2.0/floatingips'),
  ]);
  return {ports, floatingips};
};

test('a change decided on an old revision is refused by Neutron, and the newer one stays', async t => {
  await resetTenant(tenant);
  const neutron = await neutronOf(t, 'member');
  const outrun = {status: 412, type: 'RevisionNumberConstraintFailed'};
  const old = await neutron.getPort(tenant.ports.a);
  await giveTo('a', tenant, 'allowed_address_pair');
  await assert.rejects(neutron.updatePort(old, {pairs: []}), outrun);
  assert.deepEqual(await holdersAtApi(tenant, 'allowed_address_pair'), ['a']);
  const other = await neutron.getPort(tenant.ports.b);
  await giveTo('b', tenant, 'fixed_ip');
  await assert.rejects(neutron.updatePort(other, {fixedIps: other.fixedIps}), outrun);
  assert.deepEqual(await holdersAtApi(tenant, 'fixed_ip'), ['b']);
  const [floating] = await neutron.listFloatingIps(tenant.floatingAddress);
  assert.ok(floating);
  await giveTo('c', tenant, 'floating_ip');
  await assert.rejects(neutron.updateFloatingIp(floating, {portId: tenant.ports.a, fixedIp: undefined}), outrun);
  assert.deepEqual(await holdersAtApi(tenant, 'floating_ip'), ['c']);
});

test('what others change on the same port at the same time is kept', async t => {
  await resetTenant(tenant);
  const api = openStackCloud(configFor(t, {tenant, mode: 'allowed_address_pair'}));
  const others = Array.from({length: 8}, (_, index) => `10.20.0.${60 + index}`);
  const foreign = async (): Promise<void> => {
    for (const address of others) {
      const {pairs} = await (await neutronOf(t, 'member')).getPort(tenant.ports.a);
      const kept = pairs.filter(({cidr}) => others.includes(cidr) || cidr === fixedVip);
      const body = [...kept.map(({cidr}) => ({ip_address: cidr})), {ip_address: address}];
      const url = `/v2.0/ports/${tenant.ports.a}`;
      await tenant.neutron('PUT', url, {port: {allowed_address_pairs: body}});
    }
  };
  const own = async (): Promise<void> => {
    for (let round = 0; round < 4; round += 1) {
      await api.grant('a', {from: [], signal: soon()}).catch(() => undefined); // the careless other may win: it has no condition
    }
  };
  await Promise.all([foreign(), own()]);
  const {pairs} = await (await neutronOf(t, 'member')).getPort(tenant.ports.a);
  assert.deepEqual(
    pairs
      .map(({cidr}) => cidr)
      .filter(cidr => others.includes(cidr))
      .sort(),
    others,
  );
});

for (const mode of modes)
  test(`of two controllers that give the ${mode} to two hosts at the same time, not both succeed`, async t => {
    await resetTenant(tenant);
    const [one, two] = [openStackCloud(configFor(t, {tenant, mode})), openStackCloud(configFor(t, {tenant, mode}))];
    const results = await Promise.allSettled([
      one.grant('a', {from: [], signal: soon()}),
      two.grant('b', {from: [], signal: soon()}),
    ]);
    const holders = await holdersAtApi(tenant, mode);
    const winners = results.filter(({status}) => status === 'fulfilled').length;
    assert.ok(winners <= 1, `${winners} succeeded, ${holders} hold it`);
    if (winners === 1) assert.ok(holders.length === 1 || mode === 'allowed_address_pair', String(holders));
    for (const result of results)
      if (result.status === 'rejected') assert.ok(result.reason instanceof CloudFailed, String(result.reason));
  });

test('a token that has expired is renewed, once for all requests that meet it', async t => {
  await resetTenant(tenant);
  const config = configFor(t, {tenant, mode: 'fixed_ip', account: 'brief'});
  const api = openStackCloud(config);
  assert.deepEqual(await api.findHolders(soon()), []);
  await delay((briefTokenSeconds + 1.5) * 1000); // the life of the token itself
  await api.grant('a', {from: [], signal: soon()});
  assert.deepEqual(await holdersAtApi(tenant, 'fixed_ip'), ['a']);
});

test('a wrong password is told with what to do, and the password is nowhere', async t => {
  const api = openStackCloud(configFor(t, {tenant, mode: 'fixed_ip', account: 'wrong'}));
  await assert.rejects(api.findHolders(soon()), (error: CloudFailed) => {
    assert.match(error.message, /Keystone at http:\S+ refused a token: 401/);
    assert.match(error.hint, /cloud wrong of .*clouds\.yaml: the user, its password/);
    assert.doesNotMatch(JSON.stringify(error, Object.getOwnPropertyNames(error)), /zitrone/);
    return true;
  });
  const [finding] = await api.check(soon());
  assert.equal(finding?.result, 'FAIL');
});

test('an application credential that has expired is told as that', async t => {
  await delay(Math.max(0, tenant.expiresAtMs + 500 - Date.now()));
  const api = openStackCloud(configFor(t, {tenant, mode: 'fixed_ip', account: 'expired'}));
  await assert.rejects(api.findHolders(soon()), (error: CloudFailed) => {
    assert.match(error.message, /401/);
    assert.match(error.hint, /it has expired or was deleted/);
    return true;
  });
});

test('a network, a port and a floating IP that are not there are named', async t => {
  await resetTenant(tenant);
  const twin = {name: 'a', port: undefined, server: 'server-a', ip: undefined};
  const missing = {name: 'a', port: undefined, server: undefined, ip: '10.20.0.99'};
  const reject = async (config: Parameters<typeof openStackCloud>[0], message: RegExp): Promise<void> => {
    const findings = await openStackCloud(config).check(soon());
    assert.match(findings.map(({text, hint}) => `${text}; ${hint}`).join('\n'), message);
  };
  await reject(
    configFor(t, {tenant, mode: 'fixed_ip', differing: {hosts: [missing]}}),
    /no port found for a by its address 10\.20\.0\.99; write openstack_port in \[a\]/,
  );
  await reject(
    configFor(t, {tenant, mode: 'floating_ip', differing: {cidrs: ['203.0.113.250/32']}}),
    /the project has no floating IP 203\.0\.113\.250/,
  );
  await reject(
    configFor(t, {tenant, mode: 'fixed_ip', differing: {hosts: [{...twin, server: 'no-uuid'}]}}),
    /no compute for interface public/,
  );
  const other = {...missing, ip: '10.20.0.11'};
  await assert.rejects(
    openStackCloud(
      configFor(t, {
        tenant,
        mode: 'allowed_address_pair',
        differing: {cidrs: ['10.99.0.1/24'], mode: 'fixed_ip', hosts: [other]},
      }),
    ).grant('a', {from: [], signal: soon()}),
    /InvalidIpForNetwork/,
  );
});

test('a port without port security, and one that allows a whole range, never count as free of the VIP', async t => {
  await resetTenant(tenant);
  const api = openStackCloud(configFor(t, {tenant, mode: 'allowed_address_pair'}));
  const range = {allowed_address_pairs: [{ip_address: '10.20.0.0/24'}]};
  await tenant.neutron('PUT', `/v2.0/ports/${tenant.ports.b}`, {port: range});
  assert.deepEqual(
    (await api.findHolders(soon())).map(({host}) => host),
    ['b'],
  );
  await assert.rejects(api.revoke('b', soon()), /which allows all of 10\.20\.0\.0\/24/);
  await tenant.neutron('PUT', `/v2.0/ports/${tenant.ports.b}`, {port: {allowed_address_pairs: []}});
  await tenant.neutron('PUT', `/v2.0/ports/${tenant.ports.b}`, {
    port: {security_groups: [], port_security_enabled: false},
  });
  await assert.rejects(api.revoke('b', soon()), /whose port security is off/);
  assert.match(
    (await api.check(soon())).map(({text}) => text).join('\n'),
    /b has port \S+.*whose port security is off/,
  );
});

test('a Keystone that takes the connection and says nothing does not hold us beyond the signal', async t => {
  const silent = await listenSilently(t);
  const clouds = {silent: {auth: {auth_url: silent, username: 'u', password, project_name: 'db'}}};
  const config = configFor(t, {
    tenant: {...tenant, clouds: clouds as never},
    mode: 'fixed_ip',
    account: 'silent' as never,
  });
  const begin = performance.now();
  await assert.rejects(openStackCloud(config).findHolders(soon(1500)), /Keystone at \S+ did not answer a token/);
  assert.ok(performance.now() - begin < 4000);
});

const listenSilently = async (t: TestContext): Promise<string> => {
  const server: Server = createServer(socket => t.after(() => socket.destroy()));
  await new Promise<void>(fulfil => server.listen(0, '127.0.0.1', fulfil));
  t.after(() => server.close());
  const address = server.address();
  return `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}/v3`;
};
