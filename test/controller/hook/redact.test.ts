import assert from 'node:assert/strict';
import {test} from 'node:test';
import {redact} from '../../../controller/hook/redact.ts';

test('passwords are redacted in every form and nothing else is', () => {
  assert.deepEqual(
    redact([
      '--orig_master_password=a=b',
      '--new_master_password',
      'c',
      '--master_password=',
      '--command=stop',
      '--user',
      'x',
    ]),
    [
      '--orig_master_password=***',
      '--new_master_password',
      '***',
      '--master_password=***',
      '--command=stop',
      '--user',
      'x',
    ],
  );
});

test('a password that looks like an option is redacted as well', () => {
  assert.deepEqual(redact(['--new_master_password', '--x=y', '--command=stop']), [
    '--new_master_password',
    '***',
    '--command=stop',
  ]);
});

test('a subject that speaks of passwords is no password', () => {
  assert.deepEqual(redact(['--subject=password=x']), ['--subject=password=x']);
});
