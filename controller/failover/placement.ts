import type {ClusterConfig} from '../config/cluster-config.ts';
import {describeVip, type VipProvider} from '../vip/provider.ts';
import {cloudFindings} from './cloud-findings.ts';
import {nameOf, type Party} from './move.ts';
import type {Plan, Step} from './plan.ts';
import {type Findings, sayNoMysqld} from './preflight-stop.ts';
import {commit} from './steps/commit.ts';
import {PreflightRefused} from './steps/preflight.ts';
import {releaseVip} from './steps/release-vip.ts';
import {type HostReport, instanceOf, reportOf, type Survey, takeSurvey, vipsOf} from './survey.ts';

/** The VIP moves by an operator's hand, outside any failover: who, what, and how things stand before. */
export interface Placement {
  readonly cluster: ClusterConfig;
  readonly host: Party;
  /** The host and all others of the cluster. */
  readonly parties: readonly Party[];
  readonly vip: VipProvider;
  readonly survey: Survey;
}

/** Put the VIP on the writable master. Undone on failure: an address nobody uses yet is no loss. */
export const vipAcquire = (placement: Placement): Plan => ({
  name: 'vip acquire',
  onFailure: 'undo',
  steps: [
    preflight(placement, acquireFindings),
    acquireOnce(placement),
    verifyPlaced(placement, 'present'),
    commit([placement.host]),
  ],
});

/** Take the VIP off a host. Undone on failure: clients may still be using it. */
export const vipRelease = (placement: Placement): Plan => ({
  name: 'vip release',
  onFailure: 'undo',
  steps: [
    preflight(placement, releaseFindings),
    releaseVip(placement.vip, placement.host),
    verifyPlaced(placement, 'absent'),
    commit([placement.host]),
  ],
});

/** Judges the survey before the VIP is first placed: a pure function of what the agents said. */
export const acquireFindings = (placement: Placement): Findings => {
  const {host, survey} = placement;
  const report = reportOf(survey, host.config);
  if (report.error !== undefined) return {problems: [report.error.message], notes: []};
  const others = othersOf(placement);
  const ofCloud = cloudFindings(placement.vip, survey, host);
  return {
    problems: [
      ...judgeMaster(nameOf(host), report),
      ...(instanceOf(report)?.readOnly === false ? others.flatMap(judgeOtherMaster) : []),
      ...holdersAmong(others, placement).map(
        other =>
          `${other.config.name} holds ${placement.vip.name}: take it off there first, with mha-helper vip release ${placement.cluster.name} ${other.config.name}`,
      ),
      ...findStrangers(placement),
      ...ofCloud.elsewhere,
      ...ofCloud.unasked,
    ],
    notes: sayUnasked(others),
  };
};

/** Releasing is how a wrong place is mended, so only what would break the host refuses it. */
export const releaseFindings = (placement: Placement): Findings => {
  const {host, survey, vip} = placement;
  const report = reportOf(survey, host.config);
  if (report.error !== undefined) return {problems: [report.error.message], notes: []};
  const threads = instanceOf(report)?.applicationThreads ?? 0;
  const held = vip.isHeldBy(vipsOf(report, vip.cidrs));
  return {
    problems: vipsOf(report, vip.cidrs)
      .filter(({wouldLose}) => wouldLose.length > 0)
      .map(
        one =>
          `removing ${one.cidr} from ${host.config.name} would remove ${one.wouldLose.join(', ')} too: set net.ipv4.conf.${one.interface}.promote_secondaries=1 there`,
      ),
    notes: held && threads > 0 ? [`${threads} application threads on ${nameOf(host)} may lose their address`] : [],
  };
};

const preflight = (placement: Placement, judge: (placement: Placement) => Findings): Step => ({
  name: 'preflight',
  hosts: [nameOf(placement.host)],
  isPreflight: true,
  run: async () => {
    const {problems, notes} = judge(placement);
    if (problems.length > 0) throw new PreflightRefused(problems, notes);
    return {did: 'nothing speaks against it', notes};
  },
});

/** Unlike in a failover nobody waits for writes: an address in use is told at once instead of tried again. */
const acquireOnce = ({vip, host}: Placement): Step => ({
  name: 'acquire VIP',
  hosts: [nameOf(host)],
  moves: describeVip(vip),
  run: run => vip.acquire(run.vipHost(host)),
});

const verifyMs = 3000;

/** Asks every host once more, before the change is final. */
const verifyPlaced = ({vip, host, parties}: Placement, wanted: 'present' | 'absent'): Step => ({
  name: 'verify',
  hosts: [nameOf(host)],
  run: async run => {
    const targets = parties.map(party => ({...party, deadlineMs: Math.min(verifyMs, run.leftMs)}));
    const survey = await takeSurvey(targets, {cidrs: vip.cidrs, cloud: vip.cloud, brief: true});
    const own = reportOf(survey, host.config);
    if (own.error !== undefined) throw own.error;
    const vips = vipsOf(own, vip.cidrs);
    const wrong = vip.cidrs.filter(
      cidr => vips.some(one => one.cidr === cidr && one.present) !== (wanted === 'present'),
    );
    if (wrong.length > 0) throw new Error(`${wrong.join(', ')} is not ${wanted} on ${host.config.name}`);
    const others = survey.hosts.filter(({config}) => config.name !== host.config.name);
    const holders = others.filter(report => vip.isHeldBy(vipsOf(report, vip.cidrs)));
    if (wanted === 'present' && holders.length > 0)
      throw new Error(`${holders.map(({config}) => config.name).join(', ')} holds ${vip.name} as well`);
    verifyCloud(vip, survey, {host, wanted});
    return {did: wanted === 'present' ? `on ${host.config.name}, seen nowhere else` : `gone from ${host.config.name}`};
  },
});

const verifyCloud = (
  vip: VipProvider,
  survey: Survey,
  {host, wanted}: {readonly host: Party; readonly wanted: 'present' | 'absent'},
): void => {
  const {unasked, elsewhere, missing} = cloudFindings(vip, survey, host);
  const holds = survey.cloud?.holders?.some(one => one.host === host.config.name) === true;
  const wrong = wanted === 'present' ? [...elsewhere, ...missing] : holds ? [`${host.config.name} still has it`] : [];
  const problems = [...unasked, ...wrong];
  if (problems.length > 0) throw new Error(problems.join('; '));
};

const judgeMaster = (name: string, report: HostReport): string[] => {
  const instance = instanceOf(report);
  if (instance?.reachable !== true) return [sayNoMysqld(name, instance)];
  if (instance.readOnly) return [`${name} is read-only: the VIP belongs on the writable master`];
  const {replication} = instance;
  const follows = replication !== undefined && (replication.ioRunning || replication.sqlRunning);
  return follows && instance.replicas === 0
    ? [`${name} is a replica of ${replication.sourceHost}: the VIP belongs on the master`]
    : [];
};

const judgeOtherMaster = (report: HostReport): string[] => {
  const instance = instanceOf(report);
  if (instance?.reachable !== true || instance.readOnly) return [];
  return [`${nameOf(report)} is writable, too: make the wrong one read-only first (SET GLOBAL read_only = 1)`];
};

const othersOf = ({survey, host}: Placement): readonly HostReport[] =>
  survey.hosts.filter(({config}) => config !== host.config);

const holdersAmong = (others: readonly HostReport[], {vip, host}: Placement): readonly HostReport[] =>
  others.filter(report => report.config.name !== host.config.name && vip.isHeldBy(vipsOf(report, vip.cidrs)));

/** Machines that answer for the VIP and are no host of this cluster; those that are, are named already. */
const findStrangers = ({survey, vip}: Placement): string[] => {
  const known = new Set(
    survey.hosts.flatMap(report =>
      vipsOf(report, vip.cidrs)
        .filter(({present}) => present)
        .map(({mac}) => mac.toLowerCase()),
    ),
  );
  return [...(survey.answeringMacs ?? [])].flatMap(([cidr, macs]) =>
    macs
      .filter(mac => !known.has(mac.toLowerCase()))
      .map(mac => `another machine (${mac}) answers for ${cidr}: find it and take the address away first`),
  );
};

const sayUnasked = (others: readonly HostReport[]): string[] =>
  others.flatMap(({error}) =>
    error === undefined ? [] : [`not asked whether it is writable or holds the VIP: ${error.message}`],
  );
