import assert from 'node:assert/strict';
import {setTimeout} from 'node:timers/promises';
import {assertEnd, setStage} from './stage.ts';
import {startersOn} from './starters.ts';

const stage = setStage('Who else has the VIP in a hard start');
const {stopAndWait, starterWaits} = startersOn(stage);

stage.scenario('a hard start after a stop that saw the VIP released', 'listening takes a second', async () => {
  const edit = (script: string) => stage.scene.mustExec('mgr', ['sed', '-i', script, '/etc/mha-helper/lab.conf']);
  await edit('s/^\\[default\\]/&\\ndetect_ms = 1000/');
  try {
    await stopAndWait('hard stop');
    await setTimeout(1500); // the new master has listened
    assertEnd(await stage.mha.call('hard start'), 0);
    const steps = (await stage.scene.newestRecord())?.entries.filter(entry => entry.type === 'step');
    const acquired = steps?.find(({step}) => step === 'acquire VIP');
    assert.ok(Number(acquired?.durationMs) < 700, JSON.stringify(acquired));
    await stage.assertRest('new master serves');
    return 'the new master has listened before';
  } finally {
    await edit('/^detect_ms = 1000$/d');
  }
});

stage.scenario('a VIP that somebody put back', 'on the old master, just before the hard start', async () => {
  await stopAndWait('hard stop');
  await setTimeout(1500); // the new master has listened, and heard nobody
  await stage.scene.addVip('db1');
  assertEnd(await stage.mha.call('hard start'), 10, /was not added: the machine with MAC .* answers for it/);
  return 'heard: the VIP is not there twice';
});

stage.scenario('an old master that nobody could reach', 'it is back just before the hard start', async () => {
  await stage.scene.cutOff('db1');
  assertEnd(await stage.mha.call('hard stop'), 10);
  await starterWaits();
  await setTimeout(500); // were it to look ahead, it would have heard nobody by now
  await stage.scene.heal('db1');
  assertEnd(await stage.mha.call('hard start'), 10, /was not added: the machine with MAC .* answers for it/);
  return 'heard: the VIP is not there twice';
});
