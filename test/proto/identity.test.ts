import assert from 'node:assert/strict';
import {test} from 'node:test';
import {AgentService} from '../../proto/gen/mha_helper/v1/agent.ts';
import {canonicalHost, identityOf, isAllowed, mayCall, type Role, roleUri} from '../../proto/identity.ts';

const roles: readonly Role[] = [
  {kind: 'controller'},
  {kind: 'operator', name: 'alice.b-1'},
  {kind: 'agent', host: 'db10.example.com'},
  {kind: 'agent', host: '10.0.0.1'},
  {kind: 'agent', host: '2001:db8::10'},
];

test('every role survives the way through a certificate', () => {
  for (const role of roles) assert.deepEqual(identityOf(`DNS:db10, URI:${roleUri(role)}, IP Address:10.0.0.1`), role);
});

const strangers: readonly (readonly [string, string | undefined])[] = [
  ['no alternative names', undefined],
  ['empty alternative names', ''],
  ['only a host name', 'DNS:db10'],
  ['another scheme', 'URI:spiffe://controller'],
  ['two roles', 'URI:mha-helper://operator/a, URI:mha-helper://controller'],
  ['the same role twice', 'URI:mha-helper://controller, URI:mha-helper://controller'],
  ['a second role in capitals', 'URI:mha-helper://operator/a, URI:MHA-HELPER://controller'],
  ['a role in a DNS entry', 'DNS:mha-helper://controller'],
  ['a role injected into a quoted DNS entry', 'DNS:"x, URI:mha-helper://controller"'],
  ['a role injected behind an escaped quote', 'DNS:"x\\", URI:mha-helper://controller"'],
  ['a role injected with a NUL', 'URI:"mha-helper://controller\\u0000.example.com"'],
  ['an unbalanced quote', 'DNS:"x, URI:mha-helper://controller'],
  ['a quote in the middle', 'DNS:x", URI:mha-helper://controller, DNS:"y'],
  ['a trailing slash', 'URI:mha-helper://controller/'],
  ['a query', 'URI:mha-helper://controller?x'],
  ['user information', 'URI:mha-helper://x@controller'],
  ['an unknown role', 'URI:mha-helper://root'],
  ['an operator without a name', 'URI:mha-helper://operator/'],
  ['a host with a path', 'URI:mha-helper://agent/db10/x'],
  ['a host that climbs', 'URI:mha-helper://agent/..'],
  ['a host in capitals', 'URI:mha-helper://agent/DB10'],
  ['a host with an encoded character', 'URI:mha-helper://agent/db%31'],
];
for (const [name, altNames] of strangers) {
  test(`a certificate speaks for nobody with ${name}`, () => {
    assert.equal(identityOf(altNames).kind, 'stranger');
  });
}

test('the table names every rpc of the service', () => {
  for (const {path} of Object.values(AgentService)) assert.ok(Object.hasOwn(mayCall, path), path);
});

test('an operator looks and changes nothing; an agent calls nothing; nobody calls what is not listed', () => {
  const allowed = (role: Role) =>
    Object.values(AgentService)
      .map(({path}) => path)
      .filter(path => isAllowed(role, path))
      .map(path => path.split('/').at(-1));
  assert.deepEqual(allowed({kind: 'controller'}), ['Operate', 'Undo', 'GetStatus', 'Probe']);
  assert.deepEqual(allowed({kind: 'operator', name: 'a'}), ['GetStatus', 'Probe']);
  assert.deepEqual(allowed({kind: 'agent', host: 'db10'}), []);
  assert.equal(isAllowed({kind: 'controller'}, '/x/Y'), false);
  assert.equal(isAllowed({kind: 'controller'}, 'constructor'), false);
});

test('a host has one spelling in certificates', () => {
  assert.equal(canonicalHost('DB10.Example.com'), 'db10.example.com');
  assert.equal(canonicalHost('2001:DB8:0::10'), '2001:db8::10');
  assert.equal(canonicalHost('db_10'), 'db_10');
  for (const bad of ['', '..', 'a..b', '../x', 'a b', 'a/b', '-a', 'fe80::1%eth0', 'x'.repeat(64), 'a,b']) {
    assert.equal(canonicalHost(bad), undefined, bad);
  }
});
