import type {InstanceStatus} from '../../proto/gen/mha_helper/v1/agent.ts';
import {cloudFindings} from './cloud-findings.ts';
import {type Move, nameOf} from './move.ts';
import {type HostReport, instanceOf, reportOf, vipsOf} from './survey.ts';

/** problems refuse the switch; notes are told and do not: a second run after a crash must work. */
export interface Findings {
  readonly problems: readonly string[];
  readonly notes: readonly string[];
}

/** Judges the survey before an online stop: a pure function of what the agents said. */
export const stopFindings = (move: Move): Findings => {
  const {oldMaster, newMaster, survey} = move;
  if (nameOf(oldMaster) === nameOf(newMaster))
    return {problems: [`${nameOf(oldMaster)} is old and new master at once`], notes: []};
  const [oldReport, newReport] = [reportOf(survey, oldMaster.config), reportOf(survey, newMaster.config)];
  const unreachable = [oldReport, newReport].filter(report => report.error !== undefined);
  if (unreachable.length > 0) return {problems: unreachable.map(sayUnreachable), notes: []};
  const [oldFindings, newFindings] = [judgeOldMaster(move, oldReport), judgeNewMaster(move, newReport)];
  const vipFindings = judgeVip(move, oldReport);
  const all = [oldFindings, newFindings, vipFindings, judgeOthers(move)];
  return {problems: all.flatMap(one => one.problems), notes: all.flatMap(one => one.notes)};
};

const judgeOldMaster = ({oldMaster, cluster, vip}: Move, report: HostReport): Findings => {
  const name = nameOf(oldMaster);
  const instance = instanceOf(report);
  if (instance?.reachable !== true) return {problems: [sayNoMysqld(name, instance)], notes: []};
  const problems = sayMissingGrants(name, instance);
  if (instance.preparedXa > 0)
    problems.push(
      `${name} has ${instance.preparedXa} prepared XA transaction(s), which can be committed even when it is read-only; see XA RECOVER, then XA COMMIT or XA ROLLBACK them`,
    );
  problems.push(...sayLongWriters(name, instance, cluster.longWriteWaitMs));
  problems.push(
    ...vipsOf(report, vip.cidrs)
      .filter(one => one.wouldLose.length > 0)
      .map(
        one =>
          `removing ${one.cidr} from ${name} would remove ${one.wouldLose.join(', ')} too; set net.ipv4.conf.${one.interface}.promote_secondaries=1 there, or give the VIP the prefix length 32`,
      ),
  );
  return {problems, notes: instance.readOnly ? [`${name} is read-only already`] : []};
};

const judgeNewMaster = ({newMaster, oldMaster, survey}: Move, report: HostReport): Findings => {
  const name = nameOf(newMaster);
  const instance = instanceOf(report);
  if (instance?.reachable !== true) return {problems: [sayNoMysqld(name, instance)], notes: []};
  const problems = sayMissingGrants(name, instance);
  if (!instance.readOnly)
    problems.push(
      `${name} is writable: it should be a read-only replica; SET GLOBAL read_only = 1 there after you know who wrote to it`,
    );
  problems.push(...sayReplication(name, instance, {oldMaster, oldReport: reportOf(survey, oldMaster.config)}));
  return {problems, notes: []};
};

const sayReplication = (
  name: string,
  {replication}: InstanceStatus,
  {oldMaster, oldReport}: {oldMaster: Move['oldMaster']; oldReport: HostReport},
): string[] => {
  const master = nameOf(oldMaster);
  if (replication === undefined) return [`${name} is not a replica of ${master}`];
  const problems: string[] = [];
  if (!replication.ioRunning || !replication.sqlRunning)
    problems.push(
      `replication is broken on ${name} (IO ${onOff(replication.ioRunning)}, SQL ${onOff(replication.sqlRunning)})${replication.lastError === '' ? '' : `: ${replication.lastError}`}`,
    );
  // by server id: a source may be called by any of a host's names and addresses
  if (replication.sourceServerId !== instanceOf(oldReport)?.serverId)
    problems.push(`${name} replicates from ${replication.sourceHost}:${replication.sourcePort}, not from ${master}`);
  return problems;
};

const judgeVip = (move: Move, oldReport: HostReport): Findings => {
  const {survey, oldMaster, vip} = move;
  const {elsewhere, unasked, missing} = cloudFindings(vip, survey, oldMaster);
  const onHosts = judgeAddresses(move, oldReport);
  // an API that cannot be asked now would not give the VIP to the new master either
  return {problems: [...onHosts.problems, ...elsewhere, ...unasked], notes: [...onHosts.notes, ...missing]};
};

const judgeAddresses = ({survey, oldMaster, vip}: Move, oldReport: HostReport): Findings => {
  if (vip.cidrs.length === 0) return {problems: [], notes: []};
  const own = vipsOf(oldReport, vip.cidrs);
  const elsewhere = survey.hosts
    .filter(report => report.config !== oldMaster.config && report.config.name !== oldMaster.config.name)
    .filter(report => vip.isHeldBy(vipsOf(report, vip.cidrs)))
    .map(
      report =>
        `${report.config.name} holds ${vip.name}, but ${nameOf(oldMaster)} is the master; remove it there first`,
    );
  const macs = new Set(own.map(one => one.mac.toLowerCase()).filter(mac => mac !== ''));
  const strangers = [...(survey.answeringMacs ?? [])].flatMap(([cidr, answers]) =>
    answers
      .filter(mac => !macs.has(mac.toLowerCase()))
      .map(mac => `another machine (${mac}) answers for ${cidr}; find it and take the address away first`),
  );
  const absent = own.filter(one => !one.present).map(one => `${one.cidr} is not on ${nameOf(oldMaster)}`);
  return {problems: [...elsewhere, ...strangers], notes: absent};
};

/** Other hosts must not stop a switch by being away; what they could not tell is told. */
const judgeOthers = ({survey, oldMaster, newMaster}: Move): Findings => {
  const others = survey.hosts.filter(({config}) => config !== oldMaster.config && config !== newMaster.config);
  const silent = others.filter(report => report.error !== undefined);
  return {problems: [], notes: silent.map(report => `not asked whether it holds the VIP: ${sayUnreachable(report)}`)};
};

const sayUnreachable = ({config, error}: HostReport): string =>
  error?.message.includes(config.name) === true ? error.message : `${config.name}: ${error?.message}`;

export const sayNoMysqld = (name: string, instance: InstanceStatus | undefined): string =>
  instance === undefined
    ? `the agent of ${name} does not know this instance`
    : `mysqld on ${name} does not answer: ${instance.error}`;

export const sayMissingGrants = (name: string, instance: InstanceStatus): string[] =>
  instance.missingGrants.length === 0
    ? []
    : [`the agent's account on ${name} lacks privileges; run there: ${instance.missingGrants.join(' ')}`];

const sayLongWriters = (name: string, {longWriters}: InstanceStatus, limitMs: number): string[] => {
  const long = longWriters.filter(({seconds}) => seconds * 1000 > limitMs);
  if (long.length === 0) return [];
  const list = long.map(one => `thread ${one.threadId} (${one.user}@${one.host}, ${one.seconds} s)`).join(', ');
  return [`long writing transactions on ${name}: ${list}; let them end or kill them, or raise long_write_wait`];
};

const onOff = (isOn: boolean): string => (isOn ? 'running' : 'stopped');
