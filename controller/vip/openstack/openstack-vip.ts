import type {OpenStackConfig} from '../../config/cluster-config.ts';
import {cloudVip} from '../cloud-vip.ts';
import type {VipProvider} from '../provider.ts';
import {openStackCloud} from './openstack-cloud.ts';

/**
 * vip_type = openstack. Where the host carries the address its neighbours are told: inside a Neutron network machines
 * find each other by ARP as on any other link.
 */
export const openStackVip = (config: OpenStackConfig): VipProvider =>
  cloudVip(openStackCloud(config), {
    cidrs: config.cidrs,
    isOnHost: config.mode !== 'floating_ip',
    isAnnounced: true,
  });
