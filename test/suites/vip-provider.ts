import assert from 'node:assert/strict';
import {describe, type TestContext, test} from 'node:test';
import type {VipHost, VipOutcome, VipProvider} from '../../controller/vip/provider.ts';

/** Two hosts and what really has the VIP, looked at beside the provider. */
export interface VipStage {
  readonly provider: VipProvider;
  /** A new operation on host `a` or `b`. */
  open(
    host: 'a' | 'b',
    options?: {readonly mayTakeFrom?: readonly ('a' | 'b')[]; readonly leftMs?: number},
  ): OpenOperation;
  /** Who has the VIP: every host that carries it and everybody to whom an API gives it. */
  holders(): Promise<readonly string[]>;
  /** A machine that is no host of the cluster has the VIP. Undefined: nothing could have it. */
  readonly giveToStranger?: (() => Promise<void>) | undefined;
  /** Whatever answers the provider stops answering; undefined: nothing answers it. */
  readonly hang?: (() => Promise<void>) | undefined;
}

export interface OpenOperation {
  readonly host: VipHost;
  /** Ends the operation without commit: what the plan runner, the agent and the guard do. */
  undo(): Promise<void>;
}

export interface SuiteOptions {
  /** vip_type = none moves nothing, and says so. */
  readonly movesNothing?: true;
}

/** What every provider keeps. `setUp` begins with nobody having the VIP, and cleans up through the test's own `after`. */
export const vipProviderSuite = (
  name: string,
  setUp: (t: TestContext) => Promise<VipStage>,
  {movesNothing}: SuiteOptions = {},
): void => {
  const held = (...hosts: readonly string[]) => (movesNothing === true ? [] : hosts);
  const acquire = ({provider, open}: VipStage, host: 'a' | 'b'): Promise<VipOutcome> =>
    provider.acquire(open(host).host);
  const release = ({provider, open}: VipStage, host: 'a' | 'b'): Promise<VipOutcome> =>
    provider.release(open(host).host);

  describe(`VIP provider ${name}`, () => {
    test('acquire gives it to the host and to nobody else, and says what it did', async t => {
      const stage = await setUp(t);
      const {did} = await acquire(stage, 'a');
      assert.deepEqual(await stage.holders(), held('a'));
      assert.match(did, movesNothing ? /nothing to acquire/ : /\w/);
      assert.doesNotMatch(did, movesNothing ? /^$/ : /already/);
    });

    test('acquiring what one has is success and no change', async t => {
      const stage = await setUp(t);
      await acquire(stage, 'a');
      const {did} = await acquire(stage, 'a');
      assert.match(did, movesNothing ? /nothing to acquire/ : /already/);
      assert.deepEqual(await stage.holders(), held('a'));
    });

    test('release takes it away, and twice is success', async t => {
      const stage = await setUp(t);
      await acquire(stage, 'a');
      const {did} = await release(stage, 'a');
      assert.deepEqual(await stage.holders(), []);
      assert.doesNotMatch(did, /already/);
      assert.match((await release(stage, 'a')).did, movesNothing ? /nothing to release/ : /already/);
    });

    test('releasing what another host has leaves it there', async t => {
      const stage = await setUp(t);
      await acquire(stage, 'b');
      await release(stage, 'a');
      assert.deepEqual(await stage.holders(), held('b'));
    });

    test('it moves there and back', async t => {
      const stage = await setUp(t);
      for (const [from, to] of [
        ['b', 'a'],
        ['a', 'b'],
        ['b', 'a'],
      ] as const) {
        await release(stage, from);
        await acquire(stage, to);
        assert.deepEqual(await stage.holders(), held(to));
      }
    });

    test('acquire is refused while another host of the cluster has it, and nothing is changed', async t => {
      if (movesNothing) return;
      const stage = await setUp(t);
      await acquire(stage, 'b');
      await assert.rejects(acquire(stage, 'a'));
      assert.deepEqual(await stage.holders(), ['b']);
    });

    test('acquire is refused while a stranger has it, whoever it may be taken from', async t => {
      const stage = await setUp(t);
      if (stage.giveToStranger === undefined) return;
      await stage.giveToStranger();
      const {host} = stage.open('a', {mayTakeFrom: ['b']});
      await assert.rejects(stage.provider.acquire(host));
      assert.deepEqual(await stage.holders(), ['stranger']);
    });

    test('undo of an acquire leaves nobody with it; undo of one that changed nothing leaves it', async t => {
      const stage = await setUp(t);
      const first = stage.open('a');
      await stage.provider.acquire(first.host);
      await first.undo();
      assert.deepEqual(await stage.holders(), []);
      await acquire(stage, 'a');
      const second = stage.open('a');
      await stage.provider.acquire(second.host);
      await second.undo();
      assert.deepEqual(await stage.holders(), held('a'));
    });

    test('undo of a release gives it back; undo of one that changed nothing gives nothing', async t => {
      const stage = await setUp(t);
      const idle = stage.open('a');
      await stage.provider.release(idle.host);
      await idle.undo();
      assert.deepEqual(await stage.holders(), []);
      await acquire(stage, 'a');
      const operation = stage.open('a');
      await stage.provider.release(operation.host);
      await operation.undo();
      assert.deepEqual(await stage.holders(), held('a'));
    });

    test('what hangs does not hold a verb beyond its time', async t => {
      const stage = await setUp(t);
      if (stage.hang === undefined) return;
      await stage.hang();
      const leftMs = 2500;
      const begin = performance.now();
      await assert.rejects(stage.provider.acquire(stage.open('a', {leftMs}).host));
      await assert.rejects(stage.provider.release(stage.open('a', {leftMs}).host));
      assert.ok(performance.now() - begin < 2 * leftMs + 1000, `${performance.now() - begin} ms`);
    });
  });
};
