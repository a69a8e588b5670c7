import assert from 'node:assert/strict';
import {mkdtemp, rm} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {after, afterEach, before, beforeEach, describe, test} from 'node:test';
import {createLog} from '../../../agent/log.ts';
import type {Instance} from '../../../agent/mysql/instance.ts';
import type {Network} from '../../../agent/network/network.ts';
import {Journal} from '../../../agent/operation/journal.ts';
import type {Operation} from '../../../agent/operation/operation.ts';
import {Operations} from '../../../agent/operation/operations.ts';
import {startRetries} from '../../../agent/retries.ts';
import {toIntent} from '../../../agent/service/intents.ts';
import {noFaults} from '../../../proto/fault-points.ts';
import type {Result} from '../../../proto/gen/mha_helper/v1/agent.ts';
import {eventually} from '../../fixtures/eventually.ts';
import {type Mysqld, startMysqld} from '../../fixtures/mysqld.ts';
import {createAgentAccount, openReadyInstance} from '../../fixtures/mysqld-agent.ts';
import {type Flavour, flavours, whyNoServer} from '../../fixtures/mysqld-server.ts';

/** What an agent is made of, without its server. */
interface Life {
  readonly operations: Operations;
  end(): Promise<void>;
}

const suite = (flavour: Flavour) => {
  let mysqld: Mysqld;
  let instance: Instance;
  let directory: string;
  let life: Life;

  before(async () => {
    mysqld = await startMysqld(flavour);
    await mysqld.sql('CREATE DATABASE shop; CREATE TABLE shop.t (id INT)');
    instance = await openReadyInstance(await createAgentAccount(mysqld));
  });
  after(async () => {
    instance?.close();
    await mysqld?.remove();
  });
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'mha-helper-pending-'));
    life = await live();
  });
  afterEach(async () => {
    await life.end();
    await mysqld.sql('SET GLOBAL read_only = 0');
    await rm(directory, {recursive: true});
  });

  /** An agent that starts with whatever the journal holds. */
  const live = async (): Promise<Life> => {
    const journal = await Journal.open(directory);
    const instances = new Map([[mysqld.port, instance]]);
    const network = undefined as unknown as Network; // no intent on mysqld touches it
    const operations = new Operations({instances, network, journal, log: createLog(() => {}), faultPoint: noFaults});
    const retries = startRetries(operations, []);
    return {
      operations,
      end: async () => {
        retries.stop();
        await operations.pendingDemotions.interrupt();
        await journal.close();
      },
    };
  };

  const open = (epoch: number, id = `failover-${epoch}`): Promise<Operation> =>
    life.operations.open({
      ...{id, epoch, cluster: 'shop', port: mysqld.port},
      ...{purpose: 'hard stop', caller: 'controller', deadlineMs: 30_000, takesOver: ''},
    });

  const demoteLater = (operation: Operation): Promise<Result> => {
    const value = {
      superReadOnly: true,
      graceMs: 0,
      deadlineMs: 300,
      excludeUsers: [],
      pendingOnFailure: true,
      settlesLater: false,
      closes: [],
    };
    return runOn(operation, {$case: 'demote', value});
  };

  const runOn = (operation: Operation, instruction: Parameters<typeof toIntent>[0]): Promise<Result> =>
    operation.run(toIntent(instruction, undefined as never), () => {});

  /** The old master is found frozen, and the failover goes on without it. */
  const failOverFrozen = async (): Promise<void> => {
    mysqld.freeze();
    const operation = await open(7);
    const {failure, demotionPending} = await demoteLater(operation);
    assert.ok(failure !== undefined && demotionPending);
    await operation.commit();
    life.operations.close(operation);
  };

  const isReadOnly = async (): Promise<boolean> =>
    Number((await mysqld.sql('SELECT @@GLOBAL.read_only AS ro'))[0]?.ro) === 1;

  const isPending = (): boolean => life.operations.statuses().some(({demotionPending}) => demotionPending);

  const settled = () => eventually('nothing is pending', async () => !isPending());

  test('a frozen master is read-only soon after it wakes up, its clients are gone, and status says so until then', async () => {
    const app = await mysqld.connect();
    app.on('error', () => {});
    await failOverFrozen();
    assert.equal(isPending(), true);
    mysqld.thaw();
    const wokeMs = performance.now();
    await settled();
    assert.ok(performance.now() - wokeMs < 3000, `${performance.now() - wokeMs} ms`);
    assert.equal(await isReadOnly(), true);
    await assert.rejects(app.query('INSERT INTO shop.t VALUES (1)'));
  });

  test('a restart of the agent forgets no pending demotion', async () => {
    await failOverFrozen();
    await life.end();
    life = await live();
    assert.equal(isPending(), true);
    mysqld.thaw();
    await settled();
    assert.equal(await isReadOnly(), true);
  });

  test('a killed master that is started again becomes read-only, once', async () => {
    await mysqld.kill();
    const operation = await open(7);
    assert.equal((await demoteLater(operation)).demotionPending, true);
    await operation.commit();
    life.operations.close(operation);
    await mysqld.start();
    await settled();
    assert.equal(await isReadOnly(), true);
    await mysqld.sql('SET GLOBAL read_only = 0'); // whoever decides that now is not overruled
    await new Promise(resolve => setTimeout(resolve, 1500));
    assert.equal(await isReadOnly(), false);
  });

  test('an operation that is not committed leaves nothing pending', async () => {
    mysqld.freeze();
    const operation = await open(7);
    assert.equal((await demoteLater(operation)).demotionPending, true);
    const undoing = operation.undo('the controller is gone');
    mysqld.thaw();
    await undoing;
    life.operations.close(operation);
    assert.equal(isPending(), false);
    await life.end();
    life = await live();
    await new Promise(resolve => setTimeout(resolve, 1000));
    assert.equal(await isReadOnly(), false);
  });

  test('an undo of the failover drops what is pending', async () => {
    await failOverFrozen();
    const undoing = life.operations.undoCommitted({id: 'failover-7', cluster: 'shop', epoch: 7});
    mysqld.thaw();
    await undoing;
    assert.equal(isPending(), false);
    assert.equal(await isReadOnly(), false);
  });

  test('a newer failover does not wait, and once it has promoted the instance it stays writable', async () => {
    await failOverFrozen();
    await new Promise(resolve => setTimeout(resolve, 700)); // an attempt is under way, and hangs
    const startedMs = performance.now();
    const operation = await open(8);
    assert.ok(performance.now() - startedMs < 2500, `${performance.now() - startedMs} ms`);
    mysqld.thaw();
    const {failure} = await runOn(operation, {$case: 'promote', value: {startEventScheduler: false}});
    assert.equal(failure, undefined);
    await operation.commit();
    life.operations.close(operation);
    assert.equal(isPending(), false);
    await life.end();
    life = await live();
    await new Promise(resolve => setTimeout(resolve, 1000));
    assert.equal(await isReadOnly(), false);
  });

  test('a newer failover that changes nothing here, or is undone, leaves it pending', async () => {
    await failOverFrozen();
    const other = await open(8);
    await other.commit();
    life.operations.close(other);
    assert.equal(isPending(), true);
    const undone = await open(9);
    mysqld.thaw();
    await runOn(undone, {$case: 'promote', value: {startEventScheduler: false}});
    await undone.undo('the controller is gone');
    life.operations.close(undone);
    await settled();
    assert.equal(await isReadOnly(), true);
  });

  test('a delayed operation of an older failover is refused and settles nothing', async () => {
    await failOverFrozen();
    await assert.rejects(open(6), {reason: 'STALE_EPOCH'});
    assert.equal(isPending(), true);
    mysqld.thaw();
    await settled();
    assert.equal(await isReadOnly(), true);
  });
};

for (const flavour of flavours) {
  describe(`pending demotion on ${flavour}`, {skip: whyNoServer(flavour) ?? false}, () => suite(flavour));
}
