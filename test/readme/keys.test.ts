import assert from 'node:assert/strict';
import {readFileSync} from 'node:fs';
import {test} from 'node:test';
import {keyTable} from '../../controller/config/key-table.ts';

test('the README has every key of a cluster file as the program reads it', () => {
  const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');
  const [, table] = /<!-- keys:[^>]*-->\n([\s\S]*?)<!-- \/keys -->/.exec(readme) ?? [];
  assert.equal(table, `${keyTable().trim()}\n`, 'run npm run generate');
});
