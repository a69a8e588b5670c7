import assert from 'node:assert/strict';
import {after, before, test} from 'node:test';
import {setTimeout as wait} from 'node:timers/promises';
import {assertInTime, assertNeverTwo, recognise, type Whole} from './expect.ts';
import {type MhaStandIn, startMha} from './mha-stand-in.ts';
import {createScene, type Scene} from './scene.ts';
import {Summary} from './summary.ts';

const rounds = Number(process.env.ROUNDS ?? 200);
/** A round waits for processes to start and to end most of the time, so some labs share the machine. */
const labs = Number(process.env.LABS ?? 3);
/** From the end of MHA until somebody is master: the guard's five seconds, the hooks' own time, and this machine's load. */
const withoutMasterMs = 15_000;

const summary = new Summary();
let scenes: readonly Scene[] = [];

before(async () => {
  scenes = await Promise.all(Array.from({length: labs}, createScene));
});

after(async () => {
  await Promise.all(scenes.map(scene => scene.dispose()));
  summary.print('A guard races the start phase');
});

/** Milliseconds after the stop phase. */
interface Timing {
  readonly mhaEndsMs: number;
  readonly startBeginsMs: number;
}

/**
 * The guard looks for the first time when its program is loaded, about a second after its stop, and then five times a second. MHA
 * is gone before that, or goes later; the start comes from well before the look to well behind it, in steps that never line up.
 */
const timingOf = (round: number): Timing =>
  round % 2 === 0
    ? {mhaEndsMs: 0, startBeginsMs: 500 + ((round * 137) % 1000)}
    : {mhaEndsMs: 1500, startBeginsMs: 1250 + ((round * 137) % 500)};

/** A start phase comes to life when the MHA of the stop phase dies: the guard notices at about the same moment. */
const race = async (scene: Scene, second: MhaStandIn, {mhaEndsMs, startBeginsMs}: Timing): Promise<Whole> => {
  const mha = await startMha(scene);
  try {
    const stop = await mha.call('online stop');
    assert.equal(stop.code, 0, stop.output);
    scene.observer.begin();
    const [start] = await Promise.all([
      wait(startBeginsMs).then(() => second.call('online start')),
      wait(mhaEndsMs).then(() => mha.end()),
    ]);
    assertInTime(start);
    await scene.settled();
    const left = recognise(await scene.states());
    assert.ok(
      left === 'as before' || left === 'new master serves',
      `${left} after exit ${start.code}\n${start.output}`,
    );
    assert.equal(start.code === 0, left === 'new master serves', start.output);
    assertNeverTwo(scene);
    const withoutMs = scene.observer.longestWithoutMasterMs();
    assert.ok(withoutMs < withoutMasterMs, `nobody was master for ${Math.round(withoutMs)} ms\n${start.output}`);
    return left;
  } finally {
    await mha.end();
  }
};

test(`a guard and a start that race ${rounds} times make one master, never two and never none`, async () => {
  await summary.tell(`${rounds} rounds`, 'MHA killed after stop', async () => {
    const won = {'as before': 0, 'new master serves': 0} as Record<Whole, number>;
    let round = 0;
    const raceOn = async (scene: Scene): Promise<void> => {
      const second = await startMha(scene, 'second');
      while (round < rounds) {
        const left = await race(scene, second, timingOf(round++));
        won[left]++;
        if (left !== 'as before') await scene.tidy();
      }
      await second.end();
    };
    await Promise.all(scenes.map(raceOn));
    const [guard, start] = [won['as before'], won['new master serves']];
    assert.ok(guard > 0 && start > 0, `no race: the guard won ${guard} times, the start ${start} times`);
    return `the guard came first ${guard} times, the start ${start} times`;
  });
});
