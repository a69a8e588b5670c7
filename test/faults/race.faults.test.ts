import assert from 'node:assert/strict';
import {after, before, test} from 'node:test';
import {setTimeout as wait} from 'node:timers/promises';
import {assertInTime, assertNeverTwo, recognise, type Whole} from './expect.ts';
import {startMha} from './mha-stand-in.ts';
import {createScene, type Scene} from './scene.ts';
import {Summary} from './summary.ts';

/** 200 for a whole run. */
const rounds = Number(process.env.ROUNDS ?? 12);
/** From the end of MHA until somebody is master: the guard's five seconds, the hooks' own time, and this machine's load. */
const withoutMasterMs = 15_000;

const summary = new Summary();
let scene: Scene;

before(async () => {
  scene = await createScene();
});

after(async () => {
  await scene.dispose();
  summary.print('A guard races the start phase');
});

/** A start phase is on its way when the MHA of the stop phase dies: the guard notices at about the moment it begins. */
const race = async (delayMs: number): Promise<Whole> => {
  await scene.tidy();
  const [mha, second] = [await startMha(scene), await startMha(scene, 'second')];
  try {
    const stop = await mha.call('online stop');
    assert.equal(stop.code, 0, stop.output);
    scene.observer.begin();
    const starting = second.call('online start');
    await wait(delayMs);
    await mha.end();
    const start = await starting;
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
    await Promise.all([mha.end(), second.end()]);
  }
};

test(`a guard and a start that race ${rounds} times make one master, never two and never none`, async () => {
  await summary.tell(`${rounds} rounds`, 'MHA killed after stop', async () => {
    const won: Record<string, number> = {};
    for (let round = 0; round < rounds; round++) {
      const left = await race((round * 137) % 700);
      won[left] = (won[left] ?? 0) + 1;
    }
    return Object.entries(won)
      .map(([left, times]) => `${left}: ${times}`)
      .join(', ');
  });
});
