import {failoverCommand} from '../mha.ts';
import type {DbHost} from '../topology.ts';
import {numberOf, playAct} from './act.ts';
import {rejoinDead} from './rejoin-dead.ts';
import {runMha} from './run-mha.ts';
import type {Stage} from './stage.ts';
import {tellMail} from './tell-mail.ts';

/** The master's cable is pulled: nobody can ask it, nobody can stop it. The hooks must say so instead of claiming success. */
export const cutMasterOff = async (stage: Stage, dead: DbHost, next: DbHost): Promise<void> => {
  const {lab, screen, observer, score} = stage;
  screen.headline(`${numberOf(score)}. Cable pulled: the master ${dead} is cut off the network`);
  screen.say('Nobody can ask it or stop it. MHA waits for its ssh, our hook for its agent, both in vain.');
  screen.say(`$ masterha_master_switch --master_state=dead --dead_master_host=${dead} ...`);
  const act = {kind: 'hard', title: `${dead} cut off the network -> ${next}`, newMaster: next} as const;
  await playAct(stage, act, async () => {
    await lab.cutOff(dead);
    observer.cutOff(dead);
    return runMha(stage, failoverCommand(dead, []));
  });
  await tellMail(stage);
  screen.headline(`Repair: what the mail asks for, before ${dead} gets its cable back`);
  screen.say(
    `${dead} still takes itself for the master: writable, with the VIP, and alone. So it is powered off and on first; only then the cable goes back in.`,
  );
  await rejoinDead(stage, dead, next, () => powerCycle(stage, dead));
};

/** What a restart of the machine leaves: no address that was added at run time, mysqld down, the agent started anew. */
const powerCycle = async ({lab, observer}: Stage, host: DbHost): Promise<void> => {
  await lab.killDb(host);
  await lab.killAgent(host);
  await lab.removeVip(host);
  await lab.heal(host);
  observer.back(host);
  await lab.startAgent(host);
};
