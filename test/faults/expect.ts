import assert from 'node:assert/strict';
import type {HostState} from '../lab/product-lab.ts';
import {type DbHost, dbHosts} from '../lab/topology.ts';
import type {HookEnd} from './mha-stand-in.ts';
import {before, hookBoundMs, type Scene} from './scene.ts';

type States = Readonly<Record<DbHost, HostState>>;
type Facts = Omit<HostState, 'rules'>;

const demoted: Facts = {readOnly: true, eventScheduler: 'OFF', holdsVip: false};
const master: Facts = {readOnly: false, eventScheduler: 'ON', holdsVip: true};

/** States of a whole cluster that a phase may leave; packet filter rules count only where everything must be as before. */
const wholes = {
  'as before': {db1: master, db2: demoted, db3: demoted},
  'old master demoted': {db1: demoted, db2: demoted, db3: demoted},
  'new master serves': {db1: demoted, db2: master, db3: demoted},
  'new master writable without VIP': {db1: demoted, db2: {...master, holdsVip: false}, db3: demoted},
  // What a hard phase could not do is told with exit 10, and what it could do is kept.
  'old master writable without VIP': {db1: {...master, holdsVip: false}, db2: demoted, db3: demoted},
  'old master read-only with VIP': {db1: {...demoted, holdsVip: true}, db2: demoted, db3: demoted},
  'new master has VIP, read-only': {db1: demoted, db2: {...demoted, holdsVip: true}, db3: demoted},
} as const satisfies Record<string, Readonly<Record<DbHost, Facts>>>;

export type Whole = keyof typeof wholes;

/** Which of the known states the cluster is in; anything else fails the test, with the state of every host. */
export const recognise = (states: States): Whole => {
  const facts = Object.fromEntries(dbHosts.map(host => [host, factsOf(states[host])]));
  const found = (Object.keys(wholes) as Whole[]).find(name => JSON.stringify(wholes[name]) === JSON.stringify(facts));
  assert.ok(found, `a state that no phase may leave: ${JSON.stringify(states)}`);
  if (found === 'as before') assert.deepEqual(states, before);
  return found;
};

const factsOf = ({readOnly, eventScheduler, holdsVip}: HostState): Facts => ({readOnly, eventScheduler, holdsVip});

/** Promise 1, as an observer saw it from the beginning of the scenario. */
export const assertNeverTwo = ({observer}: Scene): void => {
  assert.deepEqual(observer.violations(), []);
  assert.ok(observer.sampleCount() > 0, 'nobody looked');
};

export const assertInTime = ({durationMs, output}: HookEnd, boundMs = hookBoundMs): void =>
  assert.ok(durationMs < boundMs, `the hook took ${Math.round(durationMs)} ms:\n${output}`);
