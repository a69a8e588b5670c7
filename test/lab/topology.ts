/** The hosts of every lab. Inner addresses are the same in all labs: each lab has its own bridge in its own namespace. */
export const addresses = {
  mgr: '10.77.0.10',
  db1: '10.77.0.11',
  db2: '10.77.0.12',
  db3: '10.77.0.13',
  client: '10.77.0.50',
} as const;

/** The same hosts by IPv6. Their names lead to the IPv4 ones. */
export const addresses6 = {
  mgr: '2001:db8:77::10',
  db1: '2001:db8:77::11',
  db2: '2001:db8:77::12',
  db3: '2001:db8:77::13',
  client: '2001:db8:77::50',
} as const;

export type HostName = keyof typeof addresses;
export type DbHost = 'db1' | 'db2' | 'db3';

export const hostNames: readonly HostName[] = ['mgr', 'db1', 'db2', 'db3', 'client'];
export const dbHosts: readonly DbHost[] = ['db1', 'db2', 'db3'];

/** The writer VIP of the lab, outside every host's own address. */
export const writerVip = '10.77.0.100/24';
/** A second one for clusters that have two, or IPv6 alone. */
export const writerVip6 = '2001:db8:77::100/64';
/** The interface that carries it on every host. */
export const labInterface = 'eth0';
export const prefixLength = 24;
export const prefixLength6 = 64;

export const isHostName = (text: string): text is HostName => Object.hasOwn(addresses, text);
