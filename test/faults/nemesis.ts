import {setTimeout as wait} from 'node:timers/promises';
import type {DbHost} from '../lab/topology.ts';
import type {MhaStandIn} from './mha-stand-in.ts';
import {findProcesses} from './processes.ts';
import type {Scene} from './scene.ts';

/** A number from 0 up to 1, the same series for the same seed. */
export type Random = () => number;

export const randomOf = (seed: number): Random => {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
};

/** Something bad, and for how long; everything is mended when it resolves. */
export interface Blow {
  readonly name: string;
  strike(scene: Scene, mha: MhaStandIn, lastsMs: number): Promise<void>;
}

const onHosts = (hosts: readonly DbHost[], name: string, strike: (host: DbHost) => Blow['strike']): Blow[] =>
  hosts.map(host => ({name: `${name} ${host}`, strike: strike(host)}));

const killAgent = (host: DbHost) => async (scene: Scene, _: MhaStandIn, lastsMs: number) => {
  await scene.killAgent(host);
  await wait(lastsMs);
  await scene.startAgentAgain(host);
};

const freezeAgent = (host: DbHost) => async (scene: Scene, _: MhaStandIn, lastsMs: number) => {
  scene.freezeAgent(host);
  await wait(lastsMs);
  scene.thawAgent(host);
};

const freezeServer = (host: DbHost) => async (scene: Scene, _: MhaStandIn, lastsMs: number) => {
  await scene.freezeDb(host);
  await wait(lastsMs);
  await scene.thawDb(host);
};

const cut = (host: DbHost) => async (scene: Scene, _: MhaStandIn, lastsMs: number) => {
  await scene.cutOff(host);
  await wait(lastsMs);
  await scene.heal(host);
};

const killHook: Blow = {
  name: 'kill the hook',
  strike: async scene => {
    const hooks = await findProcesses(scene, 'mgr', 'failover_helper.cjs');
    for (const {pid} of hooks) await scene.exec('mgr', ['kill', '-KILL', pid]);
  },
};

const killMha: Blow = {name: 'kill MHA', strike: (_, mha) => mha.end()};

/**
 * What may happen in which failover. Not to an old master in a hard one: nobody can take writes from a host that nobody
 * reaches, so when it comes back there may be two; the record calls it unknown.
 */
export const blows = {
  online: [
    killHook,
    killMha,
    ...onHosts(['db1', 'db2'], 'kill the agent of', killAgent),
    ...onHosts(['db1', 'db2'], 'freeze the agent of', freezeAgent),
    ...onHosts(['db1', 'db2'], 'freeze mysqld of', freezeServer),
    ...onHosts(['db1', 'db2'], 'cut off', cut),
  ],
  hard: [
    killHook,
    killMha,
    ...onHosts(['db1', 'db2'], 'kill the agent of', killAgent),
    ...onHosts(['db2'], 'cut off', cut),
  ],
} as const satisfies Record<string, readonly Blow[]>;
