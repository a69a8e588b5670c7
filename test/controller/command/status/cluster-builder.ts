import {mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import type {ClusterFacts} from '../../../../controller/command/status/judge-cluster.ts';
import type {ClusterConfig} from '../../../../controller/config/cluster-config.ts';
import {loadClusters} from '../../../../controller/config/load-clusters.ts';
import {
  GetStatusResponse,
  InstanceStatus,
  type Replication,
  VipStatus,
} from '../../../../proto/gen/mha_helper/v1/agent.ts';

export const vip = '10.0.0.50/24';
export const nowMs = Date.UTC(2026, 0, 1);
const day = 86_400_000;

/** What one host says; what is left out is in order. */
export interface HostSays {
  readonly instance?: Partial<InstanceStatus>;
  readonly replication?: Partial<Replication>;
  /** Follows nobody. */
  readonly independent?: true;
  readonly holdsVip?: boolean;
  readonly vip?: Partial<VipStatus>;
  readonly status?: Partial<GetStatusResponse>;
  readonly error?: Error;
}

/** cluster1 with db1, the master with the VIP, and its replicas db2 and db3; differing as told. */
export const factsOf = (differing: Readonly<Record<string, HostSays>> = {}, vipType = 'metal'): ClusterFacts => {
  const cluster = clusterOf(vipType);
  const hosts = cluster.hosts.map(config => {
    const says = differing[config.name] ?? {};
    if (says.error !== undefined) return {config, status: undefined, error: says.error};
    return {config, status: statusOf(config.name, says), error: undefined};
  });
  return {cluster, survey: {hosts}, nowMs};
};

const statusOf = (host: string, says: HostSays): GetStatusResponse => {
  const isMaster = host === 'db1';
  const replication =
    (isMaster && says.replication === undefined) || says.independent === true
      ? undefined
      : {
          sourceHost: 'db1',
          sourcePort: 3306,
          ioRunning: true,
          sqlRunning: true,
          lagSeconds: 0,
          lastError: '',
          ...says.replication,
        };
  const instance = InstanceStatus.fromPartial({
    port: 3306,
    reachable: true,
    readOnly: !isMaster,
    eventScheduler: 'ON',
    ...says.instance,
    ...(replication === undefined ? {} : {replication}),
  });
  const present = says.holdsVip ?? isMaster;
  const held = {cidr: vip, present, interface: 'eth0', prefixLength: present ? 24 : 0, ...says.vip};
  return GetStatusResponse.fromPartial({
    host,
    agentVersion: '1.0.0',
    timeMs: nowMs,
    certificateNotAfterMs: nowMs + 700 * day + 1000,
    instances: [instance],
    // Told twice when the agent's own list has it, too.
    vips: [VipStatus.fromPartial(held), VipStatus.fromPartial(held)],
    ...says.status,
  });
};

export const inDays = (days: number): number => nowMs + days * day + 1000;

const clusterOf = (vipType: string): ClusterConfig => {
  const directory = mkdtempSync(join(tmpdir(), 'mha-helper-judge-'));
  try {
    const lines = ['[default]', `vip_type = ${vipType}`];
    if (vipType === 'metal') lines.push(`writer_vip_cidr = ${vip}`, 'cluster_interface = eth0');
    writeFileSync(join(directory, 'cluster1.conf'), [...lines, '[db1]', '[db2]', '[db3]', ''].join('\n'));
    const {clusters, problems} = loadClusters(directory);
    const [cluster] = clusters;
    if (cluster === undefined) throw new Error(JSON.stringify(problems));
    return cluster;
  } finally {
    rmSync(directory, {recursive: true});
  }
};
