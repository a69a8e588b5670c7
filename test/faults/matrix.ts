import assert from 'node:assert/strict';
import {setTimeout as wait} from 'node:timers/promises';
import {agentPort} from '../lab/agents.ts';
import {poll} from '../lab/poll.ts';
import {listensOn} from '../lab/sockets.ts';
import type {DbHost} from '../lab/topology.ts';
import {type Boundary, boundaries} from './boundaries.ts';
import {assertInTime, assertNeverTwo, recognise, type Whole} from './expect.ts';
import {type HookEnd, type MhaStandIn, type Phase, startMha} from './mha-stand-in.ts';
import {stoppedHook} from './processes.ts';
import type {Scene} from './scene.ts';

/** One boundary of one plan, and what breaks there. */
export interface Cell {
  readonly boundary: Boundary;
  readonly what: 'controller killed' | 'agent killed' | 'agent killed after its intent' | 'host cut off';
  /** Undefined: the controller. */
  readonly host: DbHost | undefined;
}

export const cells = (configDirectory: string): readonly Cell[] =>
  boundaries(configDirectory).flatMap(boundary => [
    {boundary, what: 'controller killed', host: undefined} as const,
    ...parties[boundary.phase].flatMap(host => [
      {boundary, what: 'agent killed', host} as const,
      {boundary, what: 'host cut off', host} as const,
    ]),
    ...(boundary.next?.hosts ?? []).map(host => ({boundary, what: 'agent killed after its intent', host}) as const),
  ]);

/** Whose agent a phase talks to. */
const parties: Readonly<Record<Phase, readonly DbHost[]>> = {
  'online stop': ['db1', 'db2'],
  'online start': ['db1', 'db2'],
  'hard stop': ['db1'],
  'hard start': ['db2'],
};

const phasesBefore: Readonly<Record<Phase, readonly Phase[]>> = {
  'online stop': [],
  'online start': ['online stop'],
  'hard stop': [],
  'hard start': ['hard stop'],
};

/** Breaks one thing at one boundary, lets everybody go on, and asserts what must be so whatever was broken. */
export const runCell = async (scene: Scene, cell: Cell): Promise<string> => {
  await scene.tidy();
  const mha = await startMha(scene);
  const {phase} = cell.boundary;
  try {
    for (const earlier of phasesBefore[phase]) assertDone(await mha.call(earlier));
    const end = await breakAndCall(scene, cell, mha);
    assertInTime(end);
    // MHA gives up when a hook fails, and so does one that waits for a killed hook. After a stop a starter waits with it.
    if (end.code !== 0 || phase.endsWith(' stop')) await mha.end();
    await scene.heal(cell.host ?? 'mgr');
    await scene.breakAt('mgr', {});
    await scene.settled();
    const left = recognise(await scene.states());
    assertLeft(phase, end, left);
    const final = await finish(scene, phase, left);
    assertNeverTwo(scene);
    return `exit ${end.code}, ${left}${final === left ? '' : `, then ${final}`}`;
  } finally {
    await mha.end();
  }
};

const assertDone = ({code, output}: HookEnd): void => assert.equal(code, 0, output);

/** A phase is complete, or everything is as it was, or (only where nothing is undone) the rest is left to the next try. */
const assertLeft = (phase: Phase, {code, output}: HookEnd, left: Whole): void => {
  const allowed: Readonly<Record<Phase, readonly Whole[]>> = {
    // Complete or not: MHA went away afterwards, so the agents or the guard have given everything back.
    'online stop': ['as before'],
    'online start': code === 0 ? ['new master serves'] : ['new master serves', 'old master demoted', 'as before'],
    'hard stop':
      code === 0
        ? ['old master demoted']
        : ['old master demoted', 'old master read-only with VIP', 'old master writable without VIP', 'as before'],
    'hard start':
      code === 0 ? ['new master serves'] : ['new master serves', 'new master has VIP, read-only', 'old master demoted'],
  };
  assert.ok(allowed[phase].includes(left), `after exit ${code}: ${left}\n${output}`);
};

/** Promise 5: what a person (or MHA) runs next finishes it. */
const finish = async (scene: Scene, phase: Phase, left: Whole): Promise<Whole> => {
  if (phase === 'online stop' || left === 'new master serves' || (phase === 'online start' && left === 'as before'))
    return left;
  if (phase === 'online start') {
    const {code, stdout, stderr} = await scene.recover();
    assert.equal(code, 0, stdout + stderr);
  } else {
    const mha = await startMha(scene);
    const end = await mha.call(phase);
    await mha.end();
    assertDone(end);
  }
  const final = recognise(await scene.states());
  assert.equal(final, phase === 'hard stop' ? 'old master demoted' : 'new master serves');
  return final;
};

const breakAndCall = async (scene: Scene, {boundary, what, host}: Cell, mha: MhaStandIn): Promise<HookEnd> => {
  const {phase, point} = boundary;
  await scene.breakAt('mgr', {[point]: host === undefined ? 'kill' : 'stop'});
  const calling = mha.call(phase);
  if (host === undefined) return calling;
  const hook = await stoppedHook(scene);
  await scene.breakAt('mgr', {}); // a hard stop whose agent is lost comes by here once more
  const goOn = () => scene.mustExec('mgr', ['kill', '-CONT', hook]);
  switch (what) {
    case 'agent killed':
      await scene.killAgent(host);
      // As systemd would, beside whatever the controller does.
      await Promise.all([goOn(), scene.startAgentAgain(host)]);
      return calling;
    case 'host cut off':
      await scene.cutOff(host);
      await goOn();
      // Long enough to be noticed by keepalive on both sides.
      await Promise.race([calling, wait(cutMs)]);
      await scene.heal(host);
      return calling;
    default:
      await scene.breakAt(host, {[`${phase}/after *`]: 'kill'});
      await goOn();
      await restartWhenDead(scene, host, calling);
      return calling;
  }
};

const cutMs = 4500;

const restartWhenDead = async (scene: Scene, host: DbHost, calling: Promise<unknown>): Promise<void> => {
  let returned = false;
  const hasReturned = (): void => {
    returned = true;
  };
  void calling.then(hasReturned, hasReturned);
  await poll(
    `the death of the agent on ${host}`,
    async () => (returned || !(await listensOn(scene.pidOf(host), agentPort)) ? true : undefined),
    {timeoutMs: 30_000},
  );
  if (!(await listensOn(scene.pidOf(host), agentPort))) await scene.startAgentAgain(host);
};
