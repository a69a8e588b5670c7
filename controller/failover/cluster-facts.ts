import type {Vip} from '../../proto/gen/mha_helper/v1/agent.ts';
import type {VipProvider} from '../vip/provider.ts';
import type {Party} from './move.ts';

/** `host:port`, as records name an instance. */
export const keyOf = ({config}: Pick<Party, 'config'>): string => `${config.name}:${config.port}`;

/** The cluster's addresses as this host would carry them. */
export const addresses = (vip: VipProvider, {config}: Pick<Party, 'config'>): Vip[] => vip.addressesOn(config);
