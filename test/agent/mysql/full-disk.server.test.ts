import assert from 'node:assert/strict';
import {mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {test} from 'node:test';
import {demote} from '../../../agent/operation/demote.ts';
import {Clients, isAlive} from '../../fixtures/clients.ts';
import {startMysqld} from '../../fixtures/mysqld.ts';
import {createAgentAccount, openReadyInstance, recordingContext} from '../../fixtures/mysqld-agent.ts';
import {flavours, whyNoServer} from '../../fixtures/mysqld-server.ts';

for (const flavour of flavours)
  test(`${flavour}: a server that can make no temporary table is demoted all the same`, {
    skip: whyNoServer(flavour),
  }, async () => {
    const temporary = mkdtempSync(join(tmpdir(), 'mha-helper-tmpdir-'));
    const mysqld = await startMysqld(flavour, [`--tmpdir=${temporary}`]);
    await mysqld.sql(
      "CREATE DATABASE shop; CREATE USER app@localhost IDENTIFIED BY 'app'; GRANT ALL ON shop.* TO app@localhost",
    );
    const instance = await openReadyInstance(await createAgentAccount(mysqld));
    const clients = new Clients(mysqld);
    try {
      const client = await clients.connect();
      rmSync(temporary, {recursive: true});
      await demote(recordingContext(instance), {graceMs: 0, deadlineMs: 10_000, superReadOnly: true, excludeUsers: []});
      assert.equal(await isAlive(client), false);
    } finally {
      clients.end();
      instance.close();
      await mysqld.remove();
    }
  });
