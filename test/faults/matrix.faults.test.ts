import {after, before, test} from 'node:test';
import {poll} from '../lab/poll.ts';
import {type Cell, cells, runCell} from './matrix.ts';
import {createScene, type Scene} from './scene.ts';
import {Summary} from './summary.ts';

/** Most cells wait for somebody's time-out most of the time, so some labs share the machine. */
const labs = Number(process.env.LABS ?? 3);
/** Only cells whose name holds this. */
const only = process.env.CELL ?? '';

const summary = new Summary();
const free: Scene[] = [];
let scenes: readonly Scene[] = [];

before(async () => {
  scenes = await Promise.all(Array.from({length: labs}, createScene));
  free.push(...scenes);
});

after(async () => {
  await Promise.all(scenes.map(scene => scene.dispose()));
  summary.print('Every boundary of every plan');
});

const nameOf = ({what, host}: Cell): string => (host === undefined ? what : `${host}: ${what}`);

/** A test that fails by a stray error ends before its lab is free: the next one waits for it. */
const inFreeScene = async (act: (scene: Scene) => Promise<void>): Promise<void> => {
  const scene = await poll('a free lab', () => free.pop(), {timeoutMs: 120_000});
  await act(scene).finally(() => free.push(scene));
};

test('whatever breaks between two steps, nothing half done survives', {concurrency: labs}, async t => {
  const [scene] = scenes;
  if (scene === undefined) throw new Error('no lab');
  const all = cells(scene.pathOf('mgr', '/etc/mha-helper'));
  const chosen = all.filter(cell => `${cell.boundary.point}: ${nameOf(cell)}`.includes(only));
  await Promise.all(
    chosen.map(cell =>
      t.test(`${cell.boundary.point}: ${nameOf(cell)}`, () =>
        inFreeScene(mine => summary.tell(cell.boundary.point, nameOf(cell), () => runCell(mine, cell))),
      ),
    ),
  );
});
