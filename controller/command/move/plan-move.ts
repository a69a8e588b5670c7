import type {ClusterConfig} from '../../config/cluster-config.ts';
import {type Move, nameOf, type Party} from '../../failover/move.ts';
import {onlineStart, onlineStop} from '../../failover/online.ts';
import {surveyAll} from '../../failover/online-phases.ts';
import type {Parties} from '../../failover/parties.ts';
import type {Plan} from '../../failover/plan.ts';
import {type Findings, stopFindings} from '../../failover/preflight-stop.ts';
import {selectVip} from '../../vip/select.ts';
import type {MhaConfig, MhaServer} from '../check/mha-config.ts';
import {CommandMisused} from '../command-misused.ts';
import {type Judgement, judgeCluster} from '../status/judge-cluster.ts';
import {askAll} from '../survey-clusters.ts';
import {findInstance} from './find-instance.ts';
import {serverOf} from './find-mha-config.ts';

/** A switch before anything has changed: who gives, who takes, and what speaks against it. */
export interface PlannedMove {
  readonly move: Move;
  readonly mha: MhaConfig;
  /** The new master as MHA calls it. */
  readonly target: MhaServer;
  readonly findings: Findings;
  /** What the hooks will do, MHA's own part between them left out. */
  readonly plans: readonly Plan[];
}

export interface Wanted {
  readonly cluster: ClusterConfig;
  readonly parties: Parties;
  readonly mha: MhaConfig;
  /** Undefined: the best candidate. */
  readonly to: string | undefined;
}

/** The switch cannot even be planned. Nothing was changed. */
export class NoMove extends Error {
  override readonly name = 'NoMove';
  readonly hint: string;

  constructor(message: string, hint: string) {
    super(message);
    this.hint = hint;
  }
}

/** Asks all agents, chooses both masters, and judges the switch as its own hook will. Changes nothing. */
export const planMove = async ({cluster, parties, mha, to}: Wanted): Promise<PlannedMove> => {
  const judgement = judgeCluster({cluster, survey: await askAll(cluster, parties), nowMs: Date.now()});
  const {master} = judgement;
  if (master === undefined)
    throw new NoMove(
      `cluster ${cluster.name} has no one writable master: ${judgement.problems[0]?.message ?? 'see its status'}`,
      `look at mha-helper status ${cluster.name}; a dead master: mha-helper failover ${cluster.name} --dead HOST`,
    );
  const oldMaster = parties.of(master.config);
  const newMaster =
    to === undefined ? chooseTarget(judgement, {cluster, parties, mha}) : findInstance(parties, to, cluster);
  const vip = selectVip(cluster.vip);
  const survey = await surveyAll({parties, oldMaster, newMaster}, vip);
  const move: Move = {cluster, oldMaster, newMaster, vip, survey};
  const unused = async () => {
    throw new Error('a plan that is only shown was run');
  };
  const target = targetOf(move, mha);
  const {problems, notes} = stopFindings(move);
  const excluded = target.noMaster ? [`${mha.file} says no_master for ${nameOf(newMaster)}: MHA would refuse`] : [];
  return {
    move,
    mha,
    target,
    findings: {problems: [...problems, ...excluded], notes},
    plans: [
      onlineStop(move, {answering: Promise.resolve(survey.answeringMacs), startGuard: unused}),
      onlineStart(move, {startEventScheduler: false, recorded: undefined}),
    ],
  };
};

/** MHA's own order: candidates first, then as its file lists them. Who has a problem waits for those who have none. */
const chooseTarget = (
  {hosts, problems, master}: Judgement,
  {cluster, parties, mha}: Pick<Wanted, 'cluster' | 'parties' | 'mha'>,
): Party => {
  const possible = hosts
    .filter(host => host.name !== master?.name && host.instance?.replication !== undefined)
    .flatMap(host => {
      const server = serverOf(cluster, mha, host.config);
      return server === undefined || server.noMaster ? [] : [{host, server}];
    });
  const rank = ({host, server}: (typeof possible)[number]): number =>
    (problems.some(problem => problem.host === host.name) ? 1000 : 0) +
    (server.isCandidate ? 0 : 100) +
    mha.servers.indexOf(server);
  const [best] = possible.toSorted((one, other) => rank(one) - rank(other));
  if (best === undefined)
    throw new NoMove(
      `no replica of ${master?.name} that answers may become master`,
      `look at mha-helper status ${cluster.name}, and at no_master in ${mha.file}`,
    );
  return parties.of(best.host.config);
};

const targetOf = ({cluster, newMaster}: Move, mha: MhaConfig): MhaServer => {
  const server = serverOf(cluster, mha, newMaster.config);
  if (server === undefined)
    throw new CommandMisused(
      `${mha.file} does not name ${nameOf(newMaster)}: MHA would not know it`,
      `add a section for it there; mha-helper check ${cluster.name} compares both files`,
    );
  return server;
};
