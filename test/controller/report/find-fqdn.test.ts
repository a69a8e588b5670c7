import assert from 'node:assert/strict';
import {test} from 'node:test';
import {findFqdn} from '../../../controller/report/find-fqdn.ts';
import {configDirectory} from '../config/config-directory.ts';

for (const [what, name, hosts, resolver, expected] of [
  ['a full name is taken as it is', 'mgr.example.com', '', '', 'mgr.example.com'],
  [
    'the hosts file knows the full name',
    'mgr',
    '127.0.0.1 localhost\n127.0.1.1 mgr.example.com mgr # x\n',
    '',
    'mgr.example.com',
  ],
  [
    'the resolver knows the domain',
    'mgr',
    '127.0.0.1 localhost mgr\n',
    'search example.org example.net\n',
    'mgr.example.org',
  ],
  ['neither knows more', 'mgr', '', 'search .\n', 'mgr'],
] as const) {
  test(`${what}: ${expected}`, t => {
    const directory = configDirectory(t, {hosts, resolver});
    const files = {hostsFile: `${directory}/hosts`, resolverFile: `${directory}/resolver`};
    assert.equal(findFqdn({name, ...files}), expected);
  });
}

test('without either file the short name does', () => {
  assert.equal(findFqdn({name: 'mgr', hostsFile: '/nonexistent/a', resolverFile: '/nonexistent/b'}), 'mgr');
});
