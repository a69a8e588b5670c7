import {switchCommand} from '../mha.ts';
import type {DbHost} from '../topology.ts';
import {numberOf, playAct} from './act.ts';
import {runMha} from './run-mha.ts';
import type {Stage} from './stage.ts';

/** A planned switch: the old master becomes a replica of the new one. */
export const switchOnline = async (stage: Stage, from: DbHost, to: DbHost): Promise<void> => {
  const {screen, score} = stage;
  screen.headline(`${numberOf(score)}. Planned switch: ${from} -> ${to}`);
  if (score.played.length === 0)
    screen.say(
      'MHA calls our hook twice: "stop" takes writes and VIP from the old master, "start" gives them to the new one.',
    );
  screen.say(`$ masterha_master_switch --master_state=alive --new_master_host=${to} ...`);
  await playAct(stage, {kind: 'online', title: `planned switch ${from} -> ${to}`, newMaster: to}, () =>
    runMha(stage, switchCommand(to, [])),
  );
};
