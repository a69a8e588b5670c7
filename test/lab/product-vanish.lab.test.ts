import assert from 'node:assert/strict';
import {after, before, beforeEach, describe, test} from 'node:test';
import {recordedArguments} from '../fixtures/hook-arguments.ts';
import {poll} from './poll.ts';
import {createProductLab, type HostState, type ProductLab} from './product-lab.ts';
import type {Finished} from './run.ts';
import type {DbHost} from './topology.ts';

/** The promise: agents undo by themselves within this, whatever became of the controller. */
const withinMs = 5000;

const saidBy = ({code, stdout, stderr}: Finished): string => `exit code ${code}\n${stdout}${stderr}`;

describe('when the controller is gone in the middle of an online stop, the agents undo by themselves', () => {
  let lab: ProductLab;
  let asBefore: Readonly<Record<DbHost, HostState>>;
  before(async () => {
    lab = await createProductLab();
    await lab.sql('db1', 'SET GLOBAL event_scheduler = ON');
  });
  after(() => lab.dispose());
  beforeEach(async () => {
    await untilGuardsHaveEnded();
    asBefore = await lab.states();
  });

  /** A guard looks after a switch that it saw fail, and holds the cluster's lock while it does. */
  const untilGuardsHaveEnded = () =>
    poll(
      'the end of all guards',
      async () => ((await lab.exec('mgr', ['pgrep', '-f', 'bin/guard.cjs'])).code === 1 ? true : undefined),
      {timeoutMs: 30_000, everyMs: 100},
    );

  /** Polls the hosts themselves, not their agents. Answers how long it took. */
  const untilAsBefore = async (): Promise<number> => {
    const begin = performance.now();
    await poll(
      'all hosts as before',
      async () => {
        const now = await lab.states();
        return JSON.stringify(now) === JSON.stringify(asBefore) ? true : undefined;
      },
      {timeoutMs: withinMs, everyMs: 50},
    );
    return performance.now() - begin;
  };

  const assertUndone = async (): Promise<void> => {
    for (const host of ['db1', 'db2'] as const) {
      await poll(`the journal of ${host}`, async () =>
        (await lab.operationStates(host)).every(state => state === 'undone') ? true : undefined,
      );
    }
  };

  /** The hook's process stopped itself at its fault point. */
  const untilFrozen = (): Promise<string> =>
    poll('the hook at its fault point', async () => {
      const {stdout} = await lab.exec('mgr', ['ps', '-eo', 'pid=,stat=,args=']);
      const line = stdout.split('\n').find(text => /^\s*\d+ T\S* .*master_ip_online_failover_helper/.test(text));
      return line?.trim().split(/\s+/)[0];
    });

  test('killed with SIGKILL, driven by real MHA', async () => {
    await lab.breakAt('mgr', {'online stop/before verify': 'kill'});
    const finished = await lab.switchMaster({to: 'db2'});
    await lab.breakAt('mgr', {});
    assert.notEqual(finished.code, 0, saidBy(finished));
    await untilAsBefore();
    await assertUndone();
  });

  for (const point of ['after demote', 'after release VIP', 'before commit']) {
    test(`killed with SIGKILL ${point}`, async () => {
      await lab.breakAt('mgr', {[`online stop/${point}`]: 'stop'});
      const hook = lab.hook('master_ip_online_failover_helper', recordedArguments('online-stop'));
      const pid = await untilFrozen();
      assert.equal((await lab.states()).db1.readOnly, true);
      await lab.mustExec('mgr', ['kill', '-KILL', pid]);
      await untilAsBefore();
      await assertUndone();
      assert.equal((await hook).code, 137);
      await lab.breakAt('mgr', {});
    });
  }

  test('frozen with SIGSTOP', async () => {
    await lab.breakAt('mgr', {'online stop/after release VIP': 'stop'});
    const hook = lab.hook('master_ip_online_failover_helper', recordedArguments('online-stop'));
    const pid = await untilFrozen();
    await untilAsBefore();
    await assertUndone();
    await lab.mustExec('mgr', ['kill', '-CONT', pid]);
    const finished = await hook;
    assert.equal(finished.code, 1, saidBy(finished));
    await lab.breakAt('mgr', {});
    assert.deepEqual(await lab.states(), asBefore, saidBy(finished));
  });

  test('cut off the network: the hook says that it saw nothing put back, and returns', async () => {
    await lab.breakAt('mgr', {'online stop/after release VIP': 'stop'});
    const hook = lab.hook('master_ip_online_failover_helper', recordedArguments('online-stop'));
    const pid = await untilFrozen();
    await lab.cutOff('mgr');
    try {
      await lab.mustExec('mgr', ['kill', '-CONT', pid]);
      await untilAsBefore();
      await assertUndone();
      const finished = await hook;
      assert.equal(finished.code, 1, saidBy(finished));
      assert.match(finished.stdout, /NOT PUT BACK: db1: nobody saw it put back/);
    } finally {
      await lab.heal('mgr');
      await lab.breakAt('mgr', {});
    }
    assert.deepEqual(await lab.states(), asBefore);
  });

  test('the old master’s host cut off, and healed: its agent has undone what it could not be told to', async () => {
    await lab.breakAt('mgr', {'online stop/after demote': 'stop'});
    const hook = lab.hook('master_ip_online_failover_helper', recordedArguments('online-stop'));
    const pid = await untilFrozen();
    await lab.cutOff('db1');
    await lab.mustExec('mgr', ['kill', '-CONT', pid]);
    await untilAsBefore();
    const finished = await hook;
    assert.equal(finished.code, 1, saidBy(finished));
    await lab.heal('db1');
    await lab.breakAt('mgr', {});
    await assertUndone();
  });
});
