import type {PhaseResult} from '../record/entry.ts';
import {selectVip} from '../vip/select.ts';
import {cloudFindings} from './cloud-findings.ts';
import {nameOf} from './move.ts';
import type {PhaseInput} from './phase.ts';
import {type HostReport, instanceOf, reportOf, type Survey, takeSurvey, vipsOf} from './survey.ts';

const askMs = 5000;

/** MHA's `status`, before it begins to monitor: is this a cluster whose failover could succeed? Changes nothing. */
export const checkStatus = async (input: PhaseInput): Promise<{readonly result: PhaseResult}> => {
  const {cluster, parties, oldMaster, tell} = input;
  const others = parties.all().filter(({config}) => config.name !== oldMaster.config.name);
  const targets = [oldMaster, ...others].map(party => ({...party, deadlineMs: askMs}));
  const vip = selectVip(cluster.vip);
  const survey = await takeSurvey(targets, {cidrs: vip.cidrs, cloud: vip.cloud, brief: true});
  const ofCloud = cloudFindings(vip, survey, oldMaster);
  const problems = [...judgeMaster(input, survey), ...judgeReplicas(input, survey), ...Object.values(ofCloud).flat()];
  const verdict = problems.length === 0 ? 'ready for failover' : 'NOT ready for failover';
  tell(`mha-helper: status of cluster ${cluster.name}, master ${nameOf(oldMaster)}: ${verdict}`);
  for (const problem of problems) tell(`  FAIL ${problem}`);
  return {result: problems.length === 0 ? 'done' : 'failed'};
};

const judgeMaster = ({cluster, oldMaster}: PhaseInput, survey: Survey): string[] => {
  const vip = selectVip(cluster.vip);
  const report = reportOf(survey, oldMaster.config);
  if (report.error !== undefined) return [report.error.message];
  const problems = judgeInstance(report, nameOf(oldMaster), 'writable');
  const missing = vipsOf(report, vip.cidrs).filter(one => !one.present);
  return [
    ...problems,
    ...missing.map(
      one => `${one.cidr} is not on ${nameOf(oldMaster)}; mha-helper vip acquire ${cluster.name} puts it there`,
    ),
  ];
};

const judgeReplicas = ({cluster, oldMaster}: PhaseInput, survey: Survey): string[] => {
  const vip = selectVip(cluster.vip);
  return survey.hosts
    .filter(({config}) => config !== oldMaster.config)
    .flatMap(report => {
      const {name} = report.config;
      if (report.error !== undefined) return [report.error.message];
      const holds = vip.isHeldBy(vipsOf(report, vip.cidrs)) ? [`${name} holds ${vip.name}, but is not the master`] : [];
      return [...holds, ...judgeInstance(report, name, 'read-only')];
    });
};

const judgeInstance = (report: HostReport, name: string, wanted: 'writable' | 'read-only'): string[] => {
  const instance = instanceOf(report);
  if (instance === undefined)
    return [`the agent of ${name} does not know port ${report.config.port}: add it to agent.ini`];
  if (!instance.reachable) return [`mysqld on ${name} does not answer: ${instance.error}`];
  const isWritable = !instance.readOnly;
  return isWritable === (wanted === 'writable')
    ? []
    : [`${name} is ${isWritable ? 'writable' : 'read-only'}, and should be ${wanted}`];
};
