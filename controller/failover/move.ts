import type {Agent} from '../agents/agent.ts';
import type {ClusterConfig, HostConfig} from '../config/cluster-config.ts';
import type {VipProvider} from '../vip/provider.ts';
import type {Survey} from './survey.ts';

/** One host that takes part in a failover. */
export interface Party {
  readonly config: HostConfig;
  readonly agent: Agent;
}

/** Everything a plan needs to know: who, what, and how things stand before the first change. */
export interface Move {
  readonly cluster: ClusterConfig;
  readonly oldMaster: Party;
  readonly newMaster: Party;
  readonly vip: VipProvider;
  readonly survey: Survey;
}

/** `db10`, or `db10:3307` where the port is not MySQL's own. */
export const nameOf = ({config}: Pick<Party, 'config'>): string =>
  config.port === 3306 ? config.name : `${config.name}:${config.port}`;
