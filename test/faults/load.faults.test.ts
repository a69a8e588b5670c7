import assert from 'node:assert/strict';
import {after, before, test} from 'node:test';
import type {Outage} from '../fixtures/writer-protocol.ts';
import type {Finished} from '../lab/run.ts';
import type {DbHost} from '../lab/topology.ts';
import {startWriter} from '../lab/writer.ts';
import {assertNeverTwo} from './expect.ts';
import {createScene, type Scene} from './scene.ts';
import {Summary} from './summary.ts';

/** Back and forth. */
const switches = Number(process.env.SWITCHES ?? 20);
const writers = 20;

const summary = new Summary();
let scene: Scene;

before(async () => {
  scene = await createScene();
});

const switchTo = (to: DbHost) => (): Promise<Finished> => scene.switchMaster({to});

after(async () => {
  await scene.dispose();
  summary.print('Switches under load');
});

test(`${switches} switches back and forth lose, double and halve nothing of ${writers} writers`, async () => {
  await summary.tell(`${switches} switches, ${writers} writers, two rows a transaction`, 'nothing', async () => {
    const writer = await startWriter(scene, {writers, rate: 20, shape: 'pair'});
    let master: DbHost = 'db1';
    const outages: number[] = [];
    for (let round = 0; round < switches; round++) {
      const to: DbHost = master === 'db1' ? 'db2' : 'db1';
      const {result, outage}: {result: Finished; outage: Outage} = await writer.around(`switch ${round}`, switchTo(to));
      assert.equal(result.code, 0, result.stdout + result.stderr);
      outages.push(outage.outageMs);
      master = to;
      await scene.catchUp(master === 'db1' ? 'db2' : 'db1', master);
    }
    const report = await writer.finish(master);
    assert.deepEqual(
      {lost: report.lost, duplicated: report.duplicated, halves: report.halves},
      {lost: 0, duplicated: 0, halves: 0},
      JSON.stringify(report),
    );
    assert.ok(report.acknowledged > switches * writers, `only ${report.acknowledged} writes`);
    assertNeverTwo(scene);
    const median = outages.sort((a, b) => a - b)[Math.floor(outages.length / 2)] ?? 0;
    return `${report.acknowledged} transactions, none lost, doubled or halved; outage ${Math.round(median)} ms (median)`;
  });
});
