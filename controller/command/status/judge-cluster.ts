import type {ClusterConfig} from '../../config/cluster-config.ts';
import type {Survey} from '../../failover/survey.ts';
import {selectVip} from '../../vip/select.ts';
import {type HostView, isFollowing, isWritable, silenceOf, sourceOf, viewHosts} from './host-view.ts';
import {judgeCloud} from './judge-cloud.ts';
import {judgeHost, sayEnd} from './judge-host.ts';
import {judgeVip} from './judge-vip.ts';
import {type ClusterProblem, critical, degraded, type Level, rankOf, worstOf} from './problem.ts';
import type {TrustEnd} from './trust-ends.ts';

/** All that a judgement rests on. */
export interface ClusterFacts {
  readonly cluster: ClusterConfig;
  readonly survey: Survey;
  /** Milliseconds since 1970. */
  readonly nowMs: number;
  /** The certificate that this controller shows. */
  readonly ownCertificate?: {readonly file: string; readonly notAfterMs: number};
  /** What else of the controller's own TLS files will not last. */
  readonly trustEnds?: readonly TrustEnd[];
}

export type Role = 'master' | 'replica' | 'unknown';

export interface Judgement {
  readonly level: Level;
  /** Worst first. */
  readonly problems: readonly ClusterProblem[];
  readonly hosts: readonly JudgedHost[];
  /** The one writable master. */
  readonly master: HostView | undefined;
}

export interface JudgedHost extends HostView {
  readonly role: Role;
}

/** Is this a cluster that serves writes and could fail over? A pure function of what the agents said. */
export const judgeCluster = ({cluster, survey, nowMs, ownCertificate, trustEnds = []}: ClusterFacts): Judgement => {
  const vip = selectVip(cluster.vip);
  const {cidrs} = vip;
  const views = viewHosts(survey, cidrs);
  const masters = findMasters(views);
  const master = masters.length === 1 ? masters[0] : undefined;
  // Where no agent answers, the first one's silence is the cluster's own problem.
  const judged = answersNobody(views) ? views.slice(1) : views;
  const problems = [
    ...judgeMasters(masters, views, cluster.name),
    ...judgeVip({cluster, cidrs, master, views}),
    ...judgeCloud(vip, survey, master),
    ...judged.flatMap(view => judgeHost(view, {cluster, views, masters, nowMs})),
    ...judgeOwnCertificate(ownCertificate, nowMs),
    ...trustEnds.map(({message, hint}) => degraded(message, hint)),
  ].toSorted((one, other) => rankOf(other.level) - rankOf(one.level));
  return {
    level: worstOf(problems.map(({level}) => level)),
    problems,
    hosts: views.map(view => ({...view, role: roleOf(view, {masters, views})})),
    master,
  };
};

/**
 * Who takes writes in its own right. A writable host that follows another of the cluster is a replica with its guard
 * down, not a master; where the two follow each other, the writable one is the master.
 */
const findMasters = (views: readonly HostView[]): readonly HostView[] => {
  const writable = views.filter(isWritable);
  const independent = writable.filter(view => !isFollowing(view));
  if (independent.length > 0) return independent;
  return writable.filter(view => {
    const source = sourceOf(view, views);
    return source?.instance === undefined || source.instance.replication !== undefined;
  });
};

const judgeMasters = (masters: readonly HostView[], views: readonly HostView[], cluster: string): ClusterProblem[] => {
  if (masters.length === 1) return [];
  if (masters.length > 1)
    return [
      critical(
        `${masters.length} writable masters: ${listNames(masters)}`,
        'make the wrong one read-only at once: SET GLOBAL read_only = 1',
      ),
    ];
  const silent = views.map(silenceOf).filter(text => text !== undefined);
  const [first] = silent;
  if (first !== undefined && answersNobody(views)) return [critical(`no agent answers: ${first}`, hintOf(views[0]))];
  const booted = views.find(isReadOnlySinceBoot)?.report.config.name;
  if (booted !== undefined)
    return [
      critical(
        `no writable master: ${booted} is read-only since it booted, not being known as the master (boot_policy)`,
        `be sure that no other host has been master since (mha-helper history ${cluster}); then SET GLOBAL read_only = 0 on ${booted}, and mha-helper vip acquire ${cluster}`,
      ),
    ];
  const reason =
    first === undefined ? `: ${listNames(views.filter(view => !isWritable(view)))} are read-only` : `; ${first}`;
  return [
    critical(
      `no writable master${reason}`,
      "read MHA's log before you make anything writable: a second writable master is worse than none",
    ),
  ];
};

/** One that follows somebody came up as it should. */
const isReadOnlySinceBoot = ({report, instance}: HostView): boolean =>
  instance?.readOnly === true &&
  instance.replication === undefined &&
  report.status?.readOnlySinceBoot.includes(instance.port) === true;

const answersNobody = (views: readonly HostView[]): boolean => views.every(({report}) => report.error !== undefined);

const hintOf = (view: HostView | undefined): string => (view?.report.error as {hint?: string} | undefined)?.hint ?? '';

const roleOf = (
  view: HostView,
  {masters, views}: {readonly masters: readonly HostView[]; readonly views: readonly HostView[]},
): Role => {
  if (masters.includes(view)) return 'master';
  if (view.instance === undefined) return 'unknown';
  if (view.instance.replication !== undefined) return 'replica';
  return views.some(other => sourceOf(other, views) === view) ? 'master' : 'unknown';
};

const judgeOwnCertificate = (own: ClusterFacts['ownCertificate'], nowMs: number): ClusterProblem[] => {
  const end = own === undefined ? undefined : sayEnd(own.notAfterMs, nowMs);
  return end === undefined
    ? []
    : [degraded(`our own certificate ${own?.file} ${end}`, 'replace it: mha-helper pki renew controller')];
};

const listNames = (views: readonly HostView[]): string => views.map(({name}) => name).join(', ');
