import assert from 'node:assert/strict';
import {after, before, beforeEach, test} from 'node:test';
import {assertInTime, assertNeverTwo, recognise, type Whole} from './expect.ts';
import {type HookEnd, type MhaStandIn, startMha} from './mha-stand-in.ts';
import {createScene, type Scene} from './scene.ts';
import {Summary} from './summary.ts';

/** What the scenarios of one file share: one lab, put in order before each, an MHA for each, and a table at the end. */
export interface Stage {
  readonly scene: Scene;
  readonly mha: MhaStandIn;
  /** One more MHA, for this scenario. */
  another(name: string, env?: Readonly<Record<string, string>>): Promise<MhaStandIn>;
  /** Everything in order again, and a new MHA: for a scenario with two acts. */
  again(): Promise<void>;
  /** A test and its line in the table; what `run` returns is the outcome. */
  scenario(name: string, broken: string, run: () => Promise<string>): void;
  /** MHA is gone, everybody has come to rest, and the cluster is in this state; never were there two masters. */
  assertRest(expected: Whole): Promise<void>;
  /** Both phases of an online switch, as they should be. */
  switchMasters(): Promise<void>;
}

export const setStage = (title: string): Stage => {
  const summary = new Summary();
  let scene: Scene | undefined;
  let mha: MhaStandIn | undefined;
  const others: MhaStandIn[] = [];
  const endAll = async (): Promise<void> => {
    await Promise.all([stage.mha, ...others.splice(0)].map(one => one.end()));
  };

  const stage: Stage = {
    get scene() {
      if (scene === undefined) throw new Error('there is no lab');
      return scene;
    },
    get mha() {
      if (mha === undefined) throw new Error('there is no MHA');
      return mha;
    },
    another: async (name, env) => {
      const other = await startMha(stage.scene, name, env);
      others.push(other);
      return other;
    },
    again: async () => {
      await stage.scene.tidy();
      mha = await startMha(stage.scene);
    },
    scenario: (name, broken, run) => {
      test(`${name}: ${broken}`, () => summary.tell(name, broken, () => run().finally(endAll)));
    },
    assertRest: async expected => {
      await stage.mha.end();
      await stage.scene.settled();
      assert.equal(recognise(await stage.scene.states()), expected);
      assertNeverTwo(stage.scene);
    },
    switchMasters: async () => {
      assertEnd(await stage.mha.call('online stop'), 0);
      assertEnd(await stage.mha.call('online start'), 0);
    },
  };

  before(async () => {
    scene = await createScene();
  });
  beforeEach(() => stage.again());
  after(async () => {
    await scene?.dispose();
    summary.print(title);
  });
  return stage;
};

/** The hook said this, with this exit code, within its bound. */
export const assertEnd = (end: HookEnd, code: number, said?: RegExp): void => {
  assert.equal(end.code, code, end.output);
  if (said !== undefined) assert.match(end.output, said);
  assertInTime(end);
};
