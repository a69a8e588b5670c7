import type {ClusterConfig} from '../../config/cluster-config.ts';
import {type HostView, sourceOf} from './host-view.ts';
import {type ClusterProblem, critical, degraded} from './problem.ts';

export interface VipFacts {
  readonly cluster: ClusterConfig;
  readonly cidrs: readonly string[];
  /** The one writable master; undefined: there is none, or there are several. */
  readonly master: HostView | undefined;
  readonly views: readonly HostView[];
}

/** Each writer address belongs on the master, on its interface, and nowhere else. */
export const judgeVip = (facts: VipFacts): ClusterProblem[] => facts.cidrs.flatMap(cidr => judgeAddress(cidr, facts));

const judgeAddress = (cidr: string, {cluster, master, views}: VipFacts): ClusterProblem[] => {
  const {name} = cluster;
  const holders = holdersOf(cidr, views);
  const [holder] = holders;
  if (holder === undefined) return nowhere(cidr, {name, views});
  if (holders.length > 1) {
    const list = holders.map(view => view.config.name).join(' and ');
    const hint = `take it off the wrong one: mha-helper vip release ${name} ${wrongOf(holders, {master, views}) ?? 'HOST'}`;
    return [critical(`the VIP ${cidr} is on ${holders.length} hosts: ${list}`, hint)];
  }
  if (master !== undefined && holder.config.name !== master.config.name)
    return [
      critical(
        `the VIP ${cidr} is on ${holder.config.name}, but ${master.name} is the master`,
        `move it: mha-helper vip release ${name} ${holder.config.name}, then mha-helper vip acquire ${name} ${master.name}`,
        holder.name,
      ),
    ];
  return misplaced(cidr, holder);
};

/** The one holder that nobody follows. With none or several of them a person has to find out: no host is named. */
const wrongOf = (
  holders: readonly HostView[],
  {master, views}: Pick<VipFacts, 'master' | 'views'>,
): string | undefined => {
  const isRight = (holder: HostView): boolean =>
    master === undefined
      ? views.some(view => sourceOf(view, views)?.config.name === holder.config.name)
      : holder.config.name === master.config.name;
  const wrong = holders.filter(holder => !isRight(holder));
  return wrong.length === 1 ? wrong[0]?.config.name : undefined;
};

/** Two instances on one host are one holder. */
const holdersOf = (cidr: string, views: readonly HostView[]): readonly HostView[] => {
  const holders = views.filter(({vips}) => vips.some(vip => vip.cidr === cidr && vip.present));
  return [...new Map(holders.map(view => [view.config.name, view])).values()];
};

/** Where no agent answers at all, that is the news; the address may well be where it belongs. */
const nowhere = (
  cidr: string,
  {name, views}: {readonly name: string; readonly views: readonly HostView[]},
): ClusterProblem[] => {
  const silent = views.filter(({report}) => report.error !== undefined).map(({config}) => config.name);
  if (silent.length === 0)
    return [critical(`the VIP ${cidr} is on no host`, `put it on the master: mha-helper vip acquire ${name}`)];
  if (silent.length === views.length) return [];
  return [
    critical(
      `the VIP ${cidr} is on no host that answers; ${silent.join(', ')} may have it`,
      `reach ${silent.join(', ')} first: an address must not be on two hosts`,
    ),
  ];
};

const misplaced = (cidr: string, {name, config, vips}: HostView): ClusterProblem[] => {
  const vip = vips.find(one => one.cidr === cidr);
  if (vip === undefined) return [];
  const wanted = `${cidr} on ${config.clusterInterface}`;
  const found = `${cidr.split('/')[0]}/${vip.prefixLength} on ${vip.interface}`;
  if (found === wanted) return [];
  const hint = `correct writer_vip_cidr or cluster_interface, or the address on ${config.name}`;
  return [degraded(`the VIP is configured as ${wanted}, but was found as ${found}`, hint, name)];
};
