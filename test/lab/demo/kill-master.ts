import {failoverCommand} from '../mha.ts';
import type {DbHost} from '../topology.ts';
import {numberOf, playAct} from './act.ts';
import {rejoinDead} from './rejoin-dead.ts';
import {runMha} from './run-mha.ts';
import type {Stage} from './stage.ts';
import {tellMail} from './tell-mail.ts';

/** mysqld dies, its host lives: the agent takes the VIP from it, and MHA reads its binary log over ssh. */
export const killMaster = async (stage: Stage, dead: DbHost, next: DbHost): Promise<void> => {
  const {lab, screen, score} = stage;
  screen.headline(`${numberOf(score)}. Crash: kill -9 for mysqld on the master ${dead}; its host lives on`);
  screen.say('MHA reads over ssh what no replica has received yet from the binary log of the dead master.');
  screen.say(`$ masterha_master_switch --master_state=dead --dead_master_host=${dead} ...`);
  const act = {kind: 'hard', title: `mysqld on ${dead} killed -> ${next}`, newMaster: next} as const;
  await playAct(stage, act, async () => {
    await lab.killDb(dead);
    return runMha(stage, failoverCommand(dead, []));
  });
  await tellMail(stage);
  screen.headline(`Repair: ${dead} becomes a replica of ${next}`);
  // Read-only, to look at what it kept: nothing writes there any more.
  await lab.startDb(dead, ['--read-only', '--skip-slave-start']);
  await rejoinDead(stage, dead, next);
};
