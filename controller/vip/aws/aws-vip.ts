import type {AwsConfig} from '../../config/cluster-config.ts';
import type {VipCloud} from '../cloud.ts';
import {cloudVip} from '../cloud-vip.ts';
import type {VipProvider} from '../provider.ts';
import {checkAws} from './check.ts';
import {Ec2Api} from './ec2-api.ts';
import {elasticIp} from './elastic-ip.ts';
import {Interfaces} from './interfaces.ts';
import {privateIp} from './private-ip.ts';
import {routeTables} from './route-tables.ts';

/** The writer VIP as EC2 moves it. Nothing of the library is loaded before the API is first asked. */
export const awsVip = (config: AwsConfig): VipProvider => {
  const ips = config.cidrs.map(cidr => cidr.split('/')[0] ?? cidr);
  const api = new Ec2Api({access: config.access, vip: ips.join(', '), mode: config.mode});
  const interfaces = new Interfaces(api, config.hosts);
  const means = {api, interfaces, ips};
  const mode = modeOf(config, means);
  const cloud: VipCloud = {
    name: `aws ${config.mode}`,
    prepare: () => api.load(),
    findHolders: mode.findHolders,
    grant: mode.grant,
    revoke: mode.revoke,
    check: signal => checkAws({...means, config, mode}, signal),
  };
  return cloudVip(cloud, {cidrs: config.cidrs, isOnHost: config.mode !== 'elastic_ip'});
};

/** What every mode works with. */
export interface AwsMeans {
  readonly api: Ec2Api;
  readonly interfaces: Interfaces;
  /** The VIP's addresses, without prefix length. */
  readonly ips: readonly string[];
}

export interface AwsMode extends Pick<VipCloud, 'findHolders' | 'grant' | 'revoke'> {
  /** Calls that this mode makes in a failover, tried without changing anything, by IAM action. */
  permissionProbes(signal: AbortSignal): Promise<readonly PermissionProbe[]>;
}

export interface PermissionProbe {
  readonly action: string;
  /** Fails as `DryRunOperation`, or for another reason than a missing permission; never changes anything. */
  readonly attempt: (signal: AbortSignal) => Promise<unknown>;
}

const modeOf = (config: AwsConfig, means: AwsMeans): AwsMode => {
  switch (config.mode) {
    case 'private_ip':
      return privateIp(means);
    case 'elastic_ip':
      return elasticIp(means);
    case 'route':
      return routeTables(means, config.routeTables);
  }
};
