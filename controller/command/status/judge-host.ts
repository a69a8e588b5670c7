import type {OperationStatus, Replication} from '../../../proto/gen/mha_helper/v1/agent.ts';
import type {ClusterConfig} from '../../config/cluster-config.ts';
import {type HostView, isFollowing, isWritable, silenceOf, sourceOf} from './host-view.ts';
import {type ClusterProblem, degraded} from './problem.ts';

export interface Surroundings {
  readonly cluster: ClusterConfig;
  readonly views: readonly HostView[];
  readonly masters: readonly HostView[];
  readonly nowMs: number;
}

/** A replica further behind than this makes a failover slow, or loses more. */
const lagLimitSeconds = 30;
/** Time enough to replace a certificate in office hours. */
const certificateDays = 30;
const msPerDay = 86_400_000;

/** What is wrong with one host. None of it stops writes now; all of it may when a failover comes. */
export const judgeHost = (view: HostView, around: Surroundings): ClusterProblem[] => [
  ...judgeSilence(view),
  ...judgeReplica(view, around),
  ...judgeAccount(view),
  ...judgeAgent(view, around),
];

const judgeSilence = (view: HostView): ClusterProblem[] => {
  const silence = silenceOf(view);
  if (silence === undefined) return [];
  const {hint} = (view.report.error ?? {}) as {hint?: string};
  const cure =
    view.report.error === undefined
      ? `look at mysqld on ${view.config.name}, and at its section in agent.ini`
      : (hint ?? '');
  return [degraded(silence, cure, view.name)];
};

const judgeReplica = (view: HostView, {views, masters}: Surroundings): ClusterProblem[] => {
  const {name, instance} = view;
  if (instance === undefined || masters.includes(view)) return [];
  const problems: ClusterProblem[] = [];
  if (isWritable(view))
    problems.push(degraded(`replica ${name} is writable`, `make it read-only: SET GLOBAL read_only = 1`, name));
  if (instance.replication !== undefined) problems.push(...judgeReplication(view, instance.replication));
  else if (masters.length === 1)
    problems.push(degraded(`${name} is no replica`, `make it one of ${masters[0]?.name}, or take it out`, name));
  const source = sourceOf(view, views);
  if (isFollowing(view) && source !== undefined && masters.length === 1 && source !== masters[0])
    problems.push(
      degraded(`${name} replicates from ${source.name}, not from the master ${masters[0]?.name}`, '', name),
    );
  return problems;
};

const judgeReplication = ({name}: HostView, replication: Replication): ClusterProblem[] => {
  const {ioRunning, sqlRunning, lagSeconds, lastError} = replication;
  if (!ioRunning || !sqlRunning) {
    const stopped = [ioRunning ? [] : ['IO thread'], sqlRunning ? [] : ['SQL thread']].flat().join(' and ');
    const why = lastError === '' ? `${stopped} not running` : lastError;
    return [degraded(`replication is broken on ${name}: ${why}`, `look at SHOW REPLICA STATUS on ${name}`, name)];
  }
  if (lagSeconds === undefined || lagSeconds <= lagLimitSeconds) return [];
  return [degraded(`${name} is ${lagSeconds} s behind its source`, 'a failover waits until it has caught up', name)];
};

const judgeAccount = ({name, instance}: HostView): ClusterProblem[] => {
  if (instance === undefined) return [];
  const unread =
    instance.error === '' ? [] : [degraded(`${name} does not tell everything: ${instance.error}`, '', name)];
  if (instance.missingGrants.length === 0) return unread;
  const hint = `run there: ${instance.missingGrants.join(' ')}`;
  return [degraded(`the agent's account on ${name} lacks privileges`, hint, name), ...unread];
};

const judgeAgent = ({name, config, report}: HostView, {cluster, nowMs}: Surroundings): ClusterProblem[] => {
  const {status} = report;
  if (status === undefined) return [];
  const end = sayEnd(status.certificateNotAfterMs, nowMs);
  const reissue = `replace it: mha-helper pki renew agent/${config.name}`;
  return [
    ...status.operations
      .filter(operation => operation.cluster === cluster.name || operation.port === config.port)
      .flatMap(operation => judgeOperation(name, operation, nowMs)),
    ...(end === undefined ? [] : [degraded(`the certificate of the agent on ${config.name} ${end}`, reissue, name)]),
    ...status.warnings.map(warning => degraded(`the agent on ${config.name} warns: ${warning}`, '', name)),
  ];
};

const judgeOperation = (name: string, operation: OperationStatus, nowMs: number): ClusterProblem[] => {
  const {state, purpose, operationId, changes, openedMs, caller} = operation;
  if (state === 'UNDO_PENDING') {
    const what = changes.length === 0 ? '' : `: ${changes.join('; ')}`;
    const hint = 'its agent tries again by itself; its warnings say what stands in the way';
    return [degraded(`${name} has not yet put back what ${purpose} ${operationId} changed${what}`, hint, name)];
  }
  if (operation.demotionPending) {
    const hint = 'its agent does that by itself; until then it may take writes';
    return [
      degraded(`${name} is to be read-only since ${purpose} ${operationId}, as soon as mysqld answers`, hint, name),
    ];
  }
  if (state !== 'OPEN') return [];
  const seconds = Math.max(0, Math.round((nowMs - openedMs) / 1000));
  return [degraded(`${purpose} is under way on ${name}, begun ${seconds} s ago by ${caller}`, '', name)];
};

/** `ends in 12 days`; undefined while that is far away. */
export const sayEnd = (notAfterMs: number, nowMs: number): string | undefined => {
  const days = daysUntil(notAfterMs, nowMs);
  if (days >= certificateDays) return undefined;
  return days < 0 ? 'has expired' : `ends in ${days} ${days === 1 ? 'day' : 'days'}`;
};

/** Whole days left. */
export const daysUntil = (atMs: number, nowMs: number): number => Math.floor((atMs - nowMs) / msPerDay);
