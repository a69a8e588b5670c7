import type {ClusterConfig} from './cluster-config.ts';
import type {Problem} from './config-invalid.ts';
import {instanceText} from './section-name.ts';

/** What two clusters must not share: an instance, or an address that both would move. */
export const reportRivals = (clusters: readonly ClusterConfig[]): readonly Problem[] => {
  const owners = new Map<string, ClusterConfig>();
  return clusters.flatMap(cluster =>
    [...instancesOf(cluster), ...vipsOf(cluster)].flatMap(({claim, ...place}) => {
      const owner = owners.get(claim);
      if (owner === undefined) owners.set(claim, cluster);
      if (owner === undefined || owner === cluster) return [];
      return [{file: cluster.file, ...place, message: `${claim} is also in ${owner.file}; keep it in one cluster`}];
    }),
  );
};

interface Claim {
  readonly claim: string;
  readonly section: string;
  readonly key?: string;
}

const instancesOf = ({hosts}: ClusterConfig): readonly Claim[] =>
  hosts.map(({name, port}) => ({claim: instanceText({name, port}), section: name}));

const vipsOf = ({vip}: ClusterConfig): readonly Claim[] =>
  vip.type === 'none'
    ? []
    : vip.cidrs.map(cidr => ({
        claim: `VIP ${cidr.split('/')[0]}`,
        section: 'default',
        key: 'writer_vip_cidr',
      }));
