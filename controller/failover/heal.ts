import type {InstanceStatus, OperationStatus} from '../../proto/gen/mha_helper/v1/agent.ts';
import type {ClusterConfig} from '../config/cluster-config.ts';
import {findHost} from '../config/find-cluster.ts';
import type {FailoverRecord} from '../record/record-file.ts';
import {putBack} from '../vip/cloud-vip.ts';
import {selectVip} from '../vip/select.ts';
import {within} from '../vip/within.ts';
import {cloudFindings} from './cloud-findings.ts';
import {keyOf} from './cluster-facts.ts';
import {openedOperations} from './half-done.ts';
import type {Move, Party} from './move.ts';
import {nameOf} from './move.ts';
import type {Parties} from './parties.ts';
import type {Plan, Step} from './plan.ts';
import {instanceOf, reportOf, type Survey, takeSurvey, vipsOf} from './survey.ts';

/** How long the hosts may take to tell their state, and how long an undo may take on one of them. */
const askMs = 3000;
const undoMs = 12_000;

/** Who takes part in a recorded switch, as the configuration has them now. Throws ConfigInvalid when one is gone. */
export const partiesOf = (
  record: FailoverRecord,
  cluster: ClusterConfig,
  parties: Parties,
): Pick<Move, 'oldMaster' | 'newMaster'> => {
  const partyOf = (key: string): Party => {
    const at = key.lastIndexOf(':');
    return parties.of(findHost(cluster, {host: key.slice(0, at), port: Number(key.slice(at + 1))}));
  };
  return {oldMaster: partyOf(record.head.oldMaster), newMaster: partyOf(record.head.newMaster ?? '')};
};

export const surveyForHealing = (
  {oldMaster, newMaster}: Pick<Move, 'oldMaster' | 'newMaster'>,
  cluster: ClusterConfig,
  parties: Parties,
): Promise<Survey> => {
  const masters = [oldMaster, newMaster];
  const others = parties.all().filter(party => !masters.some(master => master.config.name === party.config.name));
  const targets = [...masters, ...others].map(party => ({...party, deadlineMs: askMs}));
  const {cidrs, cloud} = selectVip(cluster.vip);
  return takeSurvey(targets, {cidrs, cloud, brief: true});
};

/**
 * Puts an abandoned switch back to where its stop phase found it: old master first, so that writes come back soonest.
 * Only after every host has said what makes that safe.
 */
export const healStop = (move: Move, record: FailoverRecord): Plan => ({
  name: 'recover',
  onFailure: 'keep', // each host is put back as far as it can be; a rest is told, not taken back
  steps: [verifyAbandoned(move, record), ...undoOperations(move, record), ...undoCloudChanges(move, record)],
});

const verifyAbandoned = (move: Move, record: FailoverRecord): Step => ({
  name: 'verify',
  hosts: [nameOf(move.oldMaster), nameOf(move.newMaster)],
  isPreflight: true,
  run: async () => {
    const reasons = reasonsNotToHeal(move, record);
    if (reasons.length > 0) throw new Error(reasons.join('; '));
    return {did: `${nameOf(move.newMaster)} was never writable`};
  },
});

/** Why giving writes back to the old master would not be safe: empty when it is. A pure function of what the agents said. */
export const reasonsNotToHeal = (
  {oldMaster, newMaster, vip, survey, cluster}: Move,
  record: FailoverRecord,
): string[] => {
  const [oldReport, newReport] = [reportOf(survey, oldMaster.config), reportOf(survey, newMaster.config)];
  const silent = [oldReport, newReport].flatMap(({error}) => (error === undefined ? [] : [error.message]));
  if (silent.length > 0) return silent;
  const [before, after] = [instanceOf(oldReport), instanceOf(newReport)];
  if (before?.reachable !== true)
    return [`mysqld on ${nameOf(oldMaster)} does not answer: ${before?.error ?? 'unknown to its agent'}`];
  // A new master whose mysqld has died was held read-only, and its agent tells below whether it was ever promoted.
  const reasons = after?.reachable === true ? judgeNewMaster(after, before, {oldMaster, newMaster}) : [];
  for (const {config, status} of survey.hosts) {
    if ((status?.epochs[cluster.name] ?? 0) > record.head.epoch)
      reasons.push(`a newer failover has been on ${config.name}`);
    const isOther = config.name !== oldMaster.config.name;
    if (isOther && status !== undefined && vip.isHeldBy(vipsOf({config, status, error: undefined}, vip.cidrs)))
      reasons.push(`${config.name} holds ${vip.name}`);
  }
  reasons.push(...cloudFindings(vip, survey, oldMaster).elsewhere);
  if (newReport.status?.operations.some(operation => hasPromoted(operation, {party: newMaster, record})))
    reasons.push(
      `${nameOf(newMaster)} was writable for a moment in this failover: it may hold rows that ${nameOf(oldMaster)} has not`,
    );
  return reasons;
};

const judgeNewMaster = (
  after: InstanceStatus,
  before: InstanceStatus,
  {oldMaster, newMaster}: Pick<Move, 'oldMaster' | 'newMaster'>,
): string[] => {
  const reasons: string[] = [];
  if (!after.readOnly) reasons.push(`${nameOf(newMaster)} is writable: it may be the master by now`);
  if (after.replication?.sourceServerId !== before.serverId)
    reasons.push(`${nameOf(newMaster)} is not a replica of ${nameOf(oldMaster)} any more`);
  return reasons;
};

/** A start of the same failover has touched the new master, even if it was undone since. */
const hasPromoted = (
  {cluster, port, epoch, purpose, changes}: OperationStatus,
  {party, record: {head}}: {readonly party: Party; readonly record: FailoverRecord},
): boolean =>
  // another instance of the host may be at the same epoch of its own cluster
  cluster === head.cluster &&
  port === party.config.port &&
  epoch === head.epoch &&
  purpose === 'online start' &&
  changes.length > 0;

const undoOperations = ({oldMaster, newMaster}: Move, record: FailoverRecord): Step[] => {
  const operations = openedOperations(record);
  return [oldMaster, newMaster].flatMap(party => {
    const own = operations.findLast(({host, port}) => host === party.config.name && port === party.config.port);
    return own === undefined ? [] : [undoStep(party, own.operationId, record)];
  });
};

/** What the API was told and nobody is left to take back, newest first. */
const undoCloudChanges = ({vip: {cloud}}: Move, {entries}: FailoverRecord): Step[] =>
  cloud === undefined
    ? []
    : entries
        .filter(entry => entry.type === 'vip_change')
        .toReversed()
        .map(change => ({
          name: 'undo VIP',
          hosts: [change.host],
          run: async run => {
            const notes = await within(Math.min(undoMs, run.leftMs), cloud.name, signal =>
              putBack(cloud, change, signal),
            );
            return {did: `${cloud.name}: ${change.verb} is undone`, notes};
          },
        }));

const undoStep = (party: Party, operationId: string, {head}: FailoverRecord): Step => ({
  name: 'undo',
  hosts: [nameOf(party)],
  run: async run => {
    const deadlineMs = Math.min(undoMs, run.leftMs);
    const {restored, failed, after} = await party.agent.undo(
      {cluster: head.cluster, operationId, epoch: head.epoch},
      {deadlineMs},
    );
    run.states.hear(keyOf(party), {before: undefined, after, vips: []});
    if (failed.length > 0) throw new Error(failed.join('; '));
    return {did: restored.length > 0 ? restored.join('; ') : 'nothing was to be put back'};
  },
});
