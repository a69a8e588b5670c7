import {join} from 'node:path';
import type {ClusterConfig} from '../../config/cluster-config.ts';
import type {CommandEnvironment} from '../environment.ts';
import {LiveLine} from '../terminal/live-line.ts';
import {newestFailover} from './await-undo.ts';
import {type FinishedMove, finishMove} from './finish-move.ts';
import {startMha} from './start-mha.ts';
import {type InterruptWords, watchMha} from './watch-mha.ts';

export interface MoveRun {
  readonly cluster: ClusterConfig;
  /** What is done, for people. */
  readonly title: string;
  /** For masterha_master_switch. */
  readonly args: readonly string[];
  readonly words: InterruptWords;
  /** MHA is about to run one of our hooks. */
  readonly onHook?: (() => void) | undefined;
}

/** Runs MHA to its end, or to ours, and tells all the way. */
export const runMove = async (
  {cluster, title, args, words, onHook}: MoveRun,
  environment: CommandEnvironment,
): Promise<FinishedMove> => {
  const before = await newestFailover(cluster);
  const directory = join(cluster.stateDir, cluster.name);
  const mha = await startMha({args, directory, programDirectories: environment.programDirectories});
  environment.tell(title);
  const live = new LiveLine(environment, 'MHA starts');
  try {
    const end = await watchMha(mha, {live, words, onHook});
    return await finishMove({cluster, mha, end, before, live, environment});
  } finally {
    live.end();
  }
};
