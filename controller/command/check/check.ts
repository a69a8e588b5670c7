import type {ClusterConfig} from '../../config/cluster-config.ts';
import {describeProblem} from '../../config/config-invalid.ts';
import {type LoadedClusters, loadClusters} from '../../config/load-clusters.ts';
import {chooseCluster, clusterOf} from '../choose-clusters.ts';
import type {CommandEnvironment} from '../environment.ts';
import {commandExitCodes} from '../run-command.ts';
import {judgeCluster} from '../status/judge-cluster.ts';
import {type SurveyedCluster, surveyClusters, type UnaskedCluster} from '../survey-clusters.ts';
import {checkHost} from './check-host.ts';
import {checkManager} from './check-manager.ts';
import {checkMha, concernsCluster, neverMasters} from './check-mha.ts';
import {checkVip} from './check-vip.ts';
import {findMhaFiles, type MhaFiles} from './find-mha-files.ts';
import {type Finding, fail, failure, note, ok, renderFinding} from './finding.ts';

export interface CheckOptions {
  readonly cluster: string | undefined;
  /** MHA's application files; undefined: those in the usual directory. */
  readonly mhaFiles: readonly string[] | undefined;
}

interface Part {
  readonly title: string;
  readonly findings: readonly Finding[];
}

/** Looks at everything a failover will need. Changes nothing. Exit code: 0 fine, 1 not, 2 the configuration is not. */
export const checkAll = async (options: CheckOptions, environment: CommandEnvironment): Promise<number> => {
  const {configDirectory} = environment;
  const loaded = loadClusters(configDirectory, environment.cloudEnvironment);
  const hasProblems = loaded.problems.length > 0;
  const chosen = chooseForCheck(loaded, options.cluster);
  const mha = await findMhaFiles(options.mhaFiles, configDirectory);
  const parts = [
    {title: `configuration ${configDirectory}`, findings: checkConfig(loaded)},
    ...(await surveyClusters(chosen, asked => checkCluster(asked, mha))),
    ...checkMhaFiles(mha, loaded.clusters),
  ];
  tellParts(parts, environment);
  if (hasProblems) return commandExitCodes.usage;
  return parts.some(({findings}) => findings.some(({result}) => result === 'FAIL')) ? 1 : 0;
};

/** A cluster that is not there is told at once; one with problems is told with all problems of all files. */
const chooseForCheck = (loaded: LoadedClusters, name: string | undefined): readonly ClusterConfig[] => {
  if (name === undefined) return loaded.clusters;
  return loaded.files.length === 0 || isBroken(loaded, name) ? [] : [chooseCluster(loaded, name)];
};

const isBroken = ({files}: LoadedClusters, name: string): boolean =>
  files.some(({file, cluster}) => cluster === undefined && clusterOf(file) === name);

const checkConfig = ({problems, clusters}: LoadedClusters): readonly Finding[] => [
  ...problems.map(problem => fail(describeProblem(problem))),
  ...(problems.length > 0 ? [] : [ok(`${clusters.length} ${clusters.length === 1 ? 'cluster' : 'clusters'}`)]),
];

const checkCluster = async (asked: SurveyedCluster | UnaskedCluster, mha: MhaFiles): Promise<Part> => {
  const {cluster} = asked;
  const title = `cluster ${cluster.name}`;
  const configs = mha.configs.filter(config => concernsCluster(cluster, config));
  const ofMha = (await Promise.all(configs.map(config => checkMha(cluster, config)))).flat();
  const nameless =
    configs.length > 0
      ? []
      : [note(`no MHA application file names its hosts, looked at ${mha.lookedIn}`, 'see --mha-conf')];
  if ('error' in asked) return {title, findings: [failure(asked.error), ...ofMha, ...nameless]};
  const spared = new Set(configs.flatMap(config => neverMasters(cluster, config)));
  const [manager, vip] = await Promise.all([checkManager(cluster, asked.credentials), checkVip(asked, spared)]);
  const hosts = asked.survey.hosts.flatMap(report => checkHost(report, Date.now()));
  return {title, findings: [...manager, ...hosts, ...vip, ...ofMha, ...nameless, ...tellState(asked)]};
};

/** Whether it is healthy is another command's answer; that it is not belongs here all the same. */
const tellState = ({cluster, survey}: SurveyedCluster): readonly Finding[] => {
  const {level, problems} = judgeCluster({cluster, survey, nowMs: Date.now()});
  return level === 'critical'
    ? [note(`now CRITICAL - ${problems[0]?.message}`, problems[0]?.hint || `see mha-helper status ${cluster.name}`)]
    : [];
};

const checkMhaFiles = ({configs, unreadable}: MhaFiles, clusters: readonly ClusterConfig[]): readonly Part[] => {
  const orphans = configs.filter(config => !clusters.some(cluster => concernsCluster(cluster, config)));
  const findings = [
    ...unreadable.map(({file, reason}) => fail(`${file} cannot be read: ${reason}`)),
    ...orphans.map(({file}) => note(`${file} names no host of any cluster here`, 'its hooks would refuse')),
  ];
  return findings.length === 0 ? [] : [{title: "MHA's files", findings}];
};

const tellParts = (parts: readonly Part[], {tell, terminal}: CommandEnvironment): void => {
  const all = parts.flatMap(({findings}) => findings);
  for (const {title, findings} of parts) {
    tell(title);
    for (const line of findings.flatMap(finding => renderFinding(finding, terminal))) tell(line);
  }
  const count = (result: Finding['result']): number => all.filter(finding => finding.result === result).length;
  tell(`${count('ok')} ok, ${count('FAIL')} FAIL, ${count('note')} ${count('note') === 1 ? 'note' : 'notes'}`);
};
