import assert from 'node:assert/strict';
import {mkdtemp, rm} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {test} from 'node:test';
import type {Log} from '../../../agent/log.ts';
import type {Instance} from '../../../agent/mysql/instance.ts';
import type {Network} from '../../../agent/network/network.ts';
import {Journal} from '../../../agent/operation/journal.ts';
import {Operations} from '../../../agent/operation/operations.ts';
import {isPending} from '../../../agent/operation/pending-demotion.ts';
import {noFaults} from '../../../proto/fault-points.ts';

const log = {info() {}, warn() {}, error() {}, with: () => log} as unknown as Log;

/** Whoever touches the server or the network of a kept operation breaks the promise, and this test. */
const untouchable = (what: string) =>
  new Proxy({}, {get: (_, name) => assert.fail(`${what}.${String(name)} was touched`)}) as never;

const ask = {cluster: 'shop', epoch: 3, port: 3306, purpose: 'hard stop', caller: 'controller', deadlineMs: 60_000};

for (const how of ['stream', 'agent'] as const)
  test(`a hard stop whose ${how} ends before its commit is final: nothing is given back, and its demotion waits`, async () => {
    const directory = await mkdtemp(join(tmpdir(), 'mha-helper-keeps-'));
    const instances = new Map([[3306, untouchable('mysqld') as Instance]]);
    let journal = await Journal.open(directory);
    const operationsOf = () =>
      new Operations({instances, network: untouchable('network') as Network, journal, log, faultPoint: noFaults});
    try {
      const operations = operationsOf();
      const operation = await operations.open({id: 'stop', ...ask, takesOver: '', keepsWhenLost: true});
      const vip = {kind: 'vip', cidr: '10.0.0.1/24', interface: 'eth0', before: 'present'} as const;
      await journal.willChange('stop', [{...vip, announce: true, sudo: false}]);
      await journal.willDemote('stop', {superReadOnly: false, excludeUsers: []});
      if (how === 'stream') assert.deepEqual((await operation.undo('the controller is gone')).restored, []);
      else {
        operation.cancel('killed');
        await journal.close();
        journal = await Journal.open(directory);
        assert.deepEqual(await operationsOf().recover(), []);
      }
      const record = journal.record('stop');
      assert.equal(record?.state, 'committed');
      assert.equal(record?.makesMaster, false);
      assert.ok(record !== undefined && isPending(record));
    } finally {
      await journal.close();
      await rm(directory, {recursive: true});
    }
  });
