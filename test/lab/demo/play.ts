import {cutMasterOff} from './cut-master-off.ts';
import {killMaster} from './kill-master.ts';
import type {Screen} from './screen.ts';
import {setUpStage} from './stage.ts';
import {summarise} from './summary.ts';
import {switchOnline} from './switch-online.ts';

export interface Outcome {
  /** The numbers, as one line of JSON has them. */
  readonly numbers: object;
  /** What was promised and not kept. */
  readonly broken: readonly string[];
}

/** The whole demo, from nothing to nothing. */
export const play = async (screen: Screen): Promise<Outcome> => {
  const stage = await setUpStage(screen);
  try {
    await switchOnline(stage, 'db1', 'db2');
    await switchOnline(stage, 'db2', 'db1');
    await switchOnline(stage, 'db1', 'db2');
    await switchOnline(stage, 'db2', 'db1');
    await killMaster(stage, 'db1', 'db2');
    await cutMasterOff(stage, 'db2', 'db1');
    return await summarise(stage, 'db1');
  } finally {
    await stage.lab.dispose();
  }
};
