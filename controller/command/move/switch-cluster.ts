import {loadClusters} from '../../config/load-clusters.ts';
import {nameOf} from '../../failover/move.ts';
import {Parties} from '../../failover/parties.ts';
import {chooseCluster} from '../choose-clusters.ts';
import type {CommandEnvironment} from '../environment.ts';
import {commandExitCodes} from '../run-command.ts';
import {findMhaConfig} from './find-mha-config.ts';
import {type FinishedMove, moveExitCodes} from './finish-move.ts';
import {moveJson} from './move-json.ts';
import {type PlannedMove, planMove} from './plan-move.ts';
import {planJson, renderFindings, renderPlan} from './render-plan.ts';
import {runMove} from './run-move.ts';
import type {InterruptWords} from './watch-mha.ts';

export interface SwitchOptions {
  readonly cluster: string;
  /** The new master; undefined: the best candidate. */
  readonly to: string | undefined;
  /** MHA's application file; undefined: the one in the usual directory that names the cluster's hosts. */
  readonly mhaConf: string | undefined;
  readonly dryRun: boolean;
  readonly json: boolean;
}

/** Moves a living master with MHA and tells how it goes. Exit codes: `moveExitCodes`, and 2. */
export const switchCluster = async (options: SwitchOptions, environment: CommandEnvironment): Promise<number> => {
  const planned = await planSwitch(options, environment);
  const {problems} = planned.findings;
  if (options.dryRun) {
    if (options.json) environment.tell(JSON.stringify(planJson(planned)));
    else for (const line of renderPlan(planned, environment.terminal)) environment.tell(line);
    return problems.length > 0 ? commandExitCodes.failed : commandExitCodes.done;
  }
  if (problems.length > 0) {
    for (const line of renderFindings(planned.findings, environment.terminal)) environment.complain(line);
    return moveExitCodes.failed;
  }
  const finished = await runSwitch(planned, options.json ? beside(environment) : environment);
  if (options.json) environment.tell(JSON.stringify(moveJson(finished)));
  return finished.exitCode;
};

/** What a program reads is one object: what goes on goes to standard error. */
export const beside = ({draw: _, ...environment}: CommandEnvironment): CommandEnvironment => ({
  ...environment,
  tell: environment.complain,
});

export const planSwitch = async (
  {cluster: name, to, mhaConf}: Pick<SwitchOptions, 'cluster' | 'to' | 'mhaConf'>,
  {configDirectory, cloudEnvironment}: CommandEnvironment,
): Promise<PlannedMove> => {
  const cluster = chooseCluster(loadClusters(configDirectory, cloudEnvironment), name);
  const mha = await findMhaConfig(cluster, mhaConf, configDirectory);
  const parties = await Parties.load(cluster);
  try {
    return await planMove({cluster, parties, mha, to});
  } finally {
    parties.close();
  }
};

/** Runs MHA for a switch that was planned. `onHook` hears when MHA is about to run one of our hooks. */
export const runSwitch = (
  {move: {cluster, oldMaster, newMaster}, mha, target}: PlannedMove,
  environment: CommandEnvironment,
  onHook?: () => void,
): Promise<FinishedMove> =>
  runMove(
    {
      cluster,
      title: `${cluster.name}: switching from ${nameOf(oldMaster)} to ${nameOf(newMaster)}`,
      words: wordsFor(nameOf(oldMaster), nameOf(newMaster)),
      args: [
        `--conf=${mha.file}`,
        '--master_state=alive',
        `--new_master_host=${target.host}`,
        `--new_master_port=${target.port}`,
        '--orig_master_is_new_slave',
        '--interactive=0',
      ],
      onHook,
    },
    environment,
  );

const wordsFor = (oldMaster: string, newMaster: string): InterruptWords => ({
  tooLateFrom: 'start',
  tooLate: `Ctrl-C: too late to go back, ${newMaster} is becoming writable. MHA finishes; once more leaves it alone.`,
  nothingYet: 'Ctrl-C: MHA is stopped; nothing was changed yet.',
  undo: `Ctrl-C: MHA is stopped. What was taken from ${oldMaster}, writes and the VIP, is given back now.`,
});
