import assert from 'node:assert/strict';
import {test} from 'node:test';
import {mhaWithStarters} from './mha-with-starters.ts';

const masters = {from: 'old', to: 'new'} as const;

test('of two starters of one failover the earlier ends, and the later does the start', async t => {
  const mha = await mhaWithStarters(t);
  const earlier = await mha.startStarter('shop');
  const later = await mha.startStarter('shop');
  await earlier.ended();
  assert.equal(await mha.foundFor('shop'), later.pid);
  const endHook = await mha.runHook(masters);
  await mha.started('shop');
  endHook();
  await later.ended();
  assert.deepEqual(await mha.startsOf('shop'), [later.pid]);
});

test('a starter that no hook would find any more begins nothing for one that it sees', async t => {
  const mha = await mhaWithStarters(t);
  const earlier = await mha.startStarter('shop');
  earlier.signal('SIGSTOP'); // as on a machine that is busy: it does not notice that its place is taken
  const later = await mha.startStarter('shop');
  later.signal('SIGSTOP');
  const endHook = await mha.runHook(masters);
  earlier.signal('SIGCONT'); // it looks for hooks more often than for its place
  await earlier.ended();
  assert.deepEqual(await mha.startsOf('shop'), []);
  later.signal('SIGCONT');
  await mha.started('shop');
  endHook();
  await later.ended();
  assert.deepEqual(await mha.startsOf('shop'), [later.pid]);
});

test('of two starters of two clusters each does the start of its own', async t => {
  const mha = await mhaWithStarters(t);
  const app = await mha.startStarter('app');
  const shop = await mha.startStarter('shop');
  await mha.runHook({from: 'old-app', to: 'new-app'});
  await mha.started('app');
  assert.deepEqual([await mha.startsOf('app'), await mha.startsOf('shop')], [[app.pid], []]);
  await mha.runHook(masters);
  await mha.started('shop');
  assert.deepEqual([await mha.startsOf('app'), await mha.startsOf('shop')], [[app.pid], [shop.pid]]);
});

const skip = process.getuid?.() === 0 ? false : 'not root';

test('a hook of another account is not served unasked, and ours after it is', {skip}, async t => {
  const mha = await mhaWithStarters(t);
  const {pid} = await mha.startStarter('shop');
  await mha.runHook({from: 'old', to: 'replica'}, 'setpriv --reuid=65534 --clear-groups');
  await mha.runHook(masters);
  await mha.started('shop');
  assert.deepEqual([mha.isMaster('new'), mha.isMaster('replica')], [true, false]);
  assert.deepEqual(await mha.startsOf('shop'), [pid]);
});
