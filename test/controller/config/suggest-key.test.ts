import assert from 'node:assert/strict';
import {test} from 'node:test';
import {keyTable} from '../../../controller/config/key-table.ts';
import {keys} from '../../../controller/config/keys.ts';
import {Wrong} from '../../../controller/config/parse-value.ts';
import {suggestKey} from '../../../controller/config/suggest-key.ts';

for (const [written, meant] of [
  ['kill_after_timout', 'kill_after_timeout'],
  ['writer_vip', 'writer_vip_cidr'],
  ['smtphost', 'smtp_host'],
  ['superreadonly', 'super_read_only'],
  ['cluster_iface', 'cluster_interface'],
  ['tls_cart', 'tls_cert'],
  ['zzz', undefined],
  ['completely_different_thing', undefined],
] as const) {
  test(`${written} suggests ${meant ?? 'nothing'}`, () => assert.equal(suggestKey(written), meant));
}

test('every default in the table is a value that its own key accepts', () => {
  for (const [name, key] of Object.entries(keys)) {
    if ('default' in key) assert.ok(!(key.parse(key.default) instanceof Wrong), name);
  }
});

test('the table for the README has one row per key', () => {
  const rows = keyTable().split('\n').slice(2);
  assert.deepEqual(
    rows.map(row => /^\| `(\w+)` \|(?: [^|]+ \|){4}$/.exec(row)?.[1]),
    Object.keys(keys),
  );
});
