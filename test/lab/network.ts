import type {Hosts} from './hosts.ts';
import {inNetwork, portOf} from './namespaces.ts';
import {mustRun} from './run.ts';
import {addresses, addresses6, type DbHost, dbHosts, type HostName, labInterface, writerVip} from './topology.ts';

export interface Network {
  /** Pulls the host's cable. */
  cutOff(host: HostName): Promise<void>;
  heal(host: HostName): Promise<void>;
  /** Hosts that carry the address now, asked one after the other. */
  vipHolders(vip?: string): Promise<readonly HostName[]>;
  /** First placement by hand, unannounced. */
  addVip(host: DbHost, vip?: string): Promise<void>;
  removeVip(host: DbHost, vip?: string): Promise<void>;
  /**
   * Forgets whom the host has on its link. A must after a VIP moved by hand without announcement: the client would go on
   * writing to the old machine, and an outage of 0 ms would be a lie.
   */
  flushNeighbours(host: HostName): Promise<void>;
  /** Cables in, only own addresses, no packet filter rules. */
  resetNetwork(): Promise<void>;
}

export const createNetwork = (hosts: Hosts, bridge: number): Network => {
  const setPort = async (host: HostName, state: 'up' | 'down'): Promise<void> => {
    await mustRun([...inNetwork(bridge), 'ip', 'link', 'set', portOf(host), state]);
  };
  const flushNeighbours = async (host: HostName): Promise<void> => {
    await hosts.mustExec(host, ['ip', 'neighbour', 'flush', 'dev', labInterface]);
  };
  return {
    cutOff: host => setPort(host, 'down'),
    heal: host => setPort(host, 'up'),
    vipHolders: async (vip = writerVip) => {
      const found = await Promise.all(dbHosts.map(host => carries(hosts, host, vip)));
      return dbHosts.filter((_, index) => found[index]);
    },
    addVip: async (host, vip = writerVip) => {
      const nodad = vip.includes(':') ? ['nodad'] : [];
      await hosts.mustExec(host, ['ip', 'address', 'add', vip, 'dev', labInterface, ...nodad]);
    },
    removeVip: async (host, vip = writerVip) => {
      await hosts.mustExec(host, ['ip', 'address', 'del', vip, 'dev', labInterface]);
    },
    flushNeighbours,
    resetNetwork: async () => {
      await Promise.all(dbHosts.map(host => resetHost(hosts, host)));
      await Promise.all([...dbHosts, 'client' as const].map(host => setPort(host, 'up')));
      await flushNeighbours('client');
    },
  };
};

interface Link {
  readonly addr_info?: readonly {readonly local: string; readonly prefixlen: number}[];
}

const addressesOf = async (hosts: Hosts, host: HostName): Promise<readonly {local: string; prefixlen: number}[]> => {
  const {stdout} = await hosts.mustExec(host, ['ip', '-j', 'address', 'show', 'dev', labInterface]);
  return (JSON.parse(stdout) as Link[]).flatMap(link => link.addr_info ?? []);
};

/** As the kernel prints it, so tests write IPv6 addresses in their short form. */
const carries = async (hosts: Hosts, host: HostName, vip: string): Promise<boolean> =>
  (await addressesOf(hosts, host)).some(({local}) => local === vip.split('/')[0]);

const resetHost = async (hosts: Hosts, host: DbHost): Promise<void> => {
  const foreign = (await addressesOf(hosts, host)).filter(
    ({local}) => local !== addresses[host] && local !== addresses6[host] && !local.startsWith('fe80:'),
  );
  for (const {local, prefixlen} of foreign) {
    await hosts.mustExec(host, ['ip', 'address', 'del', `${local}/${prefixlen}`, 'dev', labInterface]);
  }
  await hosts.mustExec(host, ['nft', 'flush', 'ruleset']);
};
