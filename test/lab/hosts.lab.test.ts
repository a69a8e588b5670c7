import assert from 'node:assert/strict';
import {existsSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {test} from 'node:test';
import {createHosts} from './hosts.ts';

test('nothing is run or written when a pid leads to the machine itself instead of a lab host', async () => {
  const pid = process.pid;
  const hosts = createHosts({mgr: pid, db1: pid, db2: pid, db3: pid, client: pid});
  const path = join(tmpdir(), `lab-guard-${pid}`);
  const finished = await hosts.exec('db1', ['touch', path]);
  assert.equal(finished.code, 125);
  assert.match(finished.stderr, /not inside a lab host/);
  await assert.rejects(hosts.write('db1', path, 'written'), /ENOENT/);
  assert.ok(!existsSync(path));
});
