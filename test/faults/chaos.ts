import assert from 'node:assert/strict';
import {setTimeout as wait} from 'node:timers/promises';
import {fileURLToPath} from 'node:url';
import {parseArgs} from 'node:util';
import {assertInTime, assertNeverTwo, recognise} from './expect.ts';
import {type Phase, startMha} from './mha-stand-in.ts';
import {type Blow, blows, type Random, randomOf} from './nemesis.ts';
import {createScene, type Scene} from './scene.ts';

export interface Chaos {
  readonly seconds: number;
  readonly seed: number;
}

/** Failovers, online and hard, each struck at a random moment; the promises are checked after each. Throws with seed and history. */
export const runChaos = async ({seconds, seed}: Chaos): Promise<string> => {
  const random = randomOf(seed);
  const scene = await createScene();
  const history: string[] = [];
  const until = performance.now() + seconds * 1000;
  try {
    while (performance.now() < until) await strikeOnce(scene, random, line => history.push(line));
    return `${history.length} failovers struck, every promise kept`;
  } catch (error) {
    throw new Error(`seed ${seed}, round ${history.length}:\n${history.join('\n')}\n${(error as Error).message}`, {
      cause: error,
    });
  } finally {
    await scene.dispose();
  }
};

const strikeOnce = async (scene: Scene, random: Random, tell: (line: string) => void): Promise<void> => {
  const kind = random() < 0.7 ? 'online' : 'hard';
  const all: readonly Blow[] = blows[kind];
  const blow = all[Math.floor(random() * all.length)];
  const [afterMs, lastsMs] = [Math.round(random() * 2500), Math.round(200 + random() * 3000)];
  if (blow === undefined) return;
  await scene.tidy();
  const mha = await startMha(scene);
  tell(`${kind}: ${blow.name} after ${afterMs} ms for ${lastsMs} ms`);
  const striking = wait(afterMs).then(() => blow.strike(scene, mha, lastsMs));
  const codes = await callBoth(mha, kind);
  await striking;
  await mha.end();
  await scene.settled();
  const left = recognise(await scene.states());
  assertNeverTwo(scene);
  tell(`  exit ${codes.join(', ')}: ${left}`);
  if (left !== 'as before' && left !== 'new master serves') await finish(scene, kind);
};

/** As MHA would: the start phase only when the stop phase lets it go on. Nothing is called once MHA is dead. */
const callBoth = async (mha: Awaited<ReturnType<typeof startMha>>, kind: 'online' | 'hard'): Promise<number[]> => {
  const codes: number[] = [];
  for (const phase of [`${kind} stop`, `${kind} start`] satisfies Phase[]) {
    const end = await mha.call(phase).catch(() => undefined); // MHA is dead
    if (end === undefined) return codes;
    assertInTime(end);
    codes.push(end.code);
    if (end.code !== 0 && end.code !== 10) return codes;
  }
  return codes;
};

/** Promise 5: what comes next finishes what was left. */
const finish = async (scene: Scene, kind: 'online' | 'hard'): Promise<void> => {
  if (kind === 'online') {
    const {code, stdout, stderr} = await scene.recover();
    assert.equal(code, 0, stdout + stderr);
  } else {
    const mha = await startMha(scene);
    const codes = await callBoth(mha, 'hard');
    await mha.end();
    assert.deepEqual(codes, [0, 0]);
  }
  await scene.settled();
  const final = recognise(await scene.states());
  assert.ok(final === 'as before' || final === 'new master serves', final);
  assertNeverTwo(scene);
};

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const {values} = parseArgs({options: {seconds: {type: 'string', default: '600'}, seed: {type: 'string'}}});
  const seed = Number(values.seed ?? Date.now() % 1_000_000);
  process.stdout.write(`chaos with seed ${seed} for ${values.seconds} s\n`);
  try {
    process.stdout.write(`${await runChaos({seconds: Number(values.seconds), seed})}\n`);
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n`);
    process.exitCode = 1;
  }
}
