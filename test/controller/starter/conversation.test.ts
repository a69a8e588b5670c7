import assert from 'node:assert/strict';
import {test} from 'node:test';
import {withoutPasswords} from '../../../controller/starter/conversation.ts';

test('no password travels, behind an equals sign or as an argument of its own, whatever it looks like', () => {
  const argv = [
    '--command=start',
    '--orig_master_password=--a',
    '--new_master_password',
    '--b',
    '--new_master_port=3306',
  ];
  assert.deepEqual(withoutPasswords(argv), ['--command=start', '--new_master_port=3306']);
});
