import {setTimeout} from 'node:timers/promises';
import {nameOf} from '../../failover/move.ts';
import type {CommandEnvironment} from '../environment.ts';
import {moveExitCodes} from '../move/finish-move.ts';
import {moveJson} from '../move/move-json.ts';
import type {PlannedMove} from '../move/plan-move.ts';
import {renderFindings} from '../move/render-plan.ts';
import {beside, planSwitch, runSwitch, type SwitchOptions} from '../move/switch-cluster.ts';
import {Interrupts} from '../terminal/interrupts.ts';
import {OutageProbe} from './outage-probe.ts';
import {type Leg, renderLegs} from './render-legs.ts';

export type DrillOptions = Pick<SwitchOptions, 'cluster' | 'to' | 'mhaConf' | 'json'>;

/** How long the old master may take to become a replica that can be switched back to. */
const readyMs = 60_000;
const lookMs = 500;

/** Switches there and back, and tells how long writes were away. Exit codes: `moveExitCodes`, and 2. */
export const drill = async (options: DrillOptions, environment: CommandEnvironment): Promise<number> => {
  const {json, cluster} = options;
  const told = json ? beside(environment) : environment;
  const there = await planSwitch(options, environment);
  const {oldMaster, newMaster} = there.move;
  if (there.findings.problems.length > 0) {
    for (const line of renderFindings(there.findings, environment.terminal)) environment.complain(line);
    return moveExitCodes.failed;
  }
  const legs: Leg[] = [await runLeg(there, told)];
  const back = await planBack({...options, to: nameOf(oldMaster)}, legs, environment);
  if (back !== undefined) legs.push(await runLeg(back, told));
  const failed = legs.find(({finished}) => finished.exitCode !== moveExitCodes.done);
  const isWhole = failed === undefined && legs.length === 2;
  if (json) environment.tell(JSON.stringify(drillJson(cluster, legs)));
  else for (const line of renderLegs(cluster, legs, environment.terminal)) environment.tell(line);
  if (isWhole) return moveExitCodes.done;
  if (legs[0]?.finished.exitCode === moveExitCodes.done)
    environment.complain(
      `${nameOf(newMaster)} is the master; back: mha-helper switch ${cluster} --to ${nameOf(oldMaster)}`,
    );
  return failed?.finished.exitCode ?? moveExitCodes.failed;
};

const runLeg = async (planned: PlannedMove, environment: CommandEnvironment): Promise<Leg> => {
  const probe = new OutageProbe(planned.move);
  const finished = await runSwitch(planned, environment, () => void probe.start());
  return {move: planned.move, finished, seen: await probe.finish()};
};

/** Waits until nothing speaks against the way back. Undefined: the way there failed, or something still does. */
const planBack = async (
  options: DrillOptions,
  [there]: readonly Leg[],
  environment: CommandEnvironment,
): Promise<PlannedMove | undefined> => {
  if (there?.finished.exitCode !== moveExitCodes.done) return undefined;
  const interrupts = new Interrupts();
  const until = performance.now() + readyMs;
  try {
    for (;;) {
      const planned = await planSwitch(options, environment);
      if (planned.findings.problems.length === 0) return planned;
      if (interrupts.count > 0 || performance.now() > until) {
        for (const line of renderFindings(planned.findings, environment.terminal)) environment.complain(line);
        return undefined;
      }
      await setTimeout(lookMs);
    }
  } finally {
    interrupts.close();
  }
};

const drillJson = (cluster: string, legs: readonly Leg[]) => ({
  cluster,
  legs: legs.map(({move, finished, seen}) => ({
    old_master: nameOf(move.oldMaster),
    new_master: nameOf(move.newMaster),
    writes_away_ms: rounded(seen.writesMs),
    no_greeting_ms: rounded(seen.greetingsMs),
    ...moveJson(finished),
  })),
});

const rounded = (ms: number | undefined): number | null => (ms === undefined ? null : Math.round(ms));
