import {after, test} from 'node:test';
import {runChaos} from './chaos.ts';
import {Summary} from './summary.ts';

/** `npm run test:chaos -- --seconds 600 --seed N` runs longer, and differently. */
const seconds = 60;
const seed = 1;

const summary = new Summary();

after(() => summary.print('Chaos'));

test(`${seconds} seconds of chaos with seed ${seed} break no promise`, async () => {
  await summary.tell(`${seconds} s, seed ${seed}`, 'anything, at any moment', () => runChaos({seconds, seed}));
});
