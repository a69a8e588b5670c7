/** The hosts of every lab. Inner addresses are the same in all labs: each lab has its own bridge in its own namespace. */
export const addresses = {
  mgr: '10.77.0.10',
  db1: '10.77.0.11',
  db2: '10.77.0.12',
  db3: '10.77.0.13',
  client: '10.77.0.50',
} as const;

export type HostName = keyof typeof addresses;
export type DbHost = 'db1' | 'db2' | 'db3';

export const hostNames: readonly HostName[] = ['mgr', 'db1', 'db2', 'db3', 'client'];
export const dbHosts: readonly DbHost[] = ['db1', 'db2', 'db3'];

/** The writer VIP of the lab, outside every host's own address. */
export const writerVip = '10.77.0.100/24';
/** The interface that carries it on every host. */
export const labInterface = 'eth0';
export const prefixLength = 24;

export const isHostName = (text: string): text is HostName => Object.hasOwn(addresses, text);
