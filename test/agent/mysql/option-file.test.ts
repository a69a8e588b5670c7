import assert from 'node:assert/strict';
import {test} from 'node:test';
import {parseClientOptions} from '../../../agent/mysql/option-file.ts';

const password = (line: string) => parseClientOptions(`[client]\n${line}\n`).password;

test('only the section [client] counts, and its last value', () => {
  const file = '[mysqld]\nuser=mysql\n[client]\nuser=one\nuser = mha\n[mysql]\nuser=other\n';
  assert.deepEqual(parseClientOptions(file), {user: 'mha', verifiesIdentity: false});
});

test('passwords keep every character that the quotes or escapes protect', () => {
  const scenarios = [
    ['password=plain', 'plain'],
    ['password = p@ss=word ', 'p@ss=word'],
    ['password="a # b"  # comment', 'a # b'],
    ["password='it\\'s'", "it's"],
    ['password=a\\sb\\\\c', 'a b\\c'],
    ['password=a#b', 'a#b'],
    ['password=a #b', 'a'],
    ['password=', ''],
    ['password', ''],
    ['# password=x', undefined],
    ['; password=x', undefined],
  ] as const;
  for (const [line, expected] of scenarios) assert.equal(password(line), expected, line);
});

test('TLS files are found in both spellings, and identity is verified only when asked', () => {
  const file = '[client]\nssl_ca=/etc/ca.pem\nssl-cert=/etc/c.pem\nssl-key=/etc/k.pem\nssl-mode=VERIFY_IDENTITY\n';
  assert.deepEqual(parseClientOptions(file), {
    sslCa: '/etc/ca.pem',
    sslCert: '/etc/c.pem',
    sslKey: '/etc/k.pem',
    verifiesIdentity: true,
  });
});
