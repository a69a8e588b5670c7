import type {VipProvider} from './provider.ts';

/** vip_type = none: the writer address is somebody else's business, and every line says so. */
export const noVip: VipProvider = {
  name: 'none',
  cidrs: [],
  isOnLink: false,
  cloud: undefined,
  addressesOn: () => [],
  acquire: async () => ({did: 'vip_type is none: nothing to acquire', notes: []}),
  release: async () => ({did: 'vip_type is none: nothing to release', notes: []}),
  isHeldBy: () => false,
};
