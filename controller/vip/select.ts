import type {VipConfig} from '../config/cluster-config.ts';
import {awsVip} from './aws/aws-vip.ts';
import {metalVip} from './metal.ts';
import {noVip} from './none.ts';
import {openStackVip} from './openstack/openstack-vip.ts';
import type {VipProvider} from './provider.ts';

/** The provider for a vip_type. A type we cannot run never gets here: it is a configuration error. */
export const selectVip = (config: VipConfig): VipProvider => {
  switch (config.type) {
    case 'none':
      return noVip;
    case 'aws':
      return awsVip(config);
    case 'openstack':
      return openStackVip(config);
    case 'metal':
      return metalVip(config);
  }
};
