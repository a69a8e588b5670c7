import {isIP} from 'node:net';
import {Agent} from '../agents/agent.ts';
import {connectAgent} from '../agents/connect.ts';
import {type ClientCredentials, clientCredentials} from '../agents/credentials.ts';
import type {ClusterConfig, HostConfig} from '../config/cluster-config.ts';
import type {Party} from './move.ts';

/** The agents of a cluster, each dialled when first used. */
export class Parties {
  readonly #cluster: ClusterConfig;
  readonly #parties = new Map<string, Party>();
  readonly #credentials: ClientCredentials;

  private constructor(cluster: ClusterConfig, credentials: ClientCredentials) {
    this.#cluster = cluster;
    this.#credentials = credentials;
  }

  /** Reads the controller's certificate, unless it has been read already. Dials nobody yet. */
  static async load(cluster: ClusterConfig, credentials?: ClientCredentials): Promise<Parties> {
    return new Parties(cluster, credentials ?? (await clientCredentials(cluster.tls)));
  }

  /**
   * The host with its agent. MHA hands over IP addresses of the masters: an agent without an address of its own in
   * the configuration is dialled there, so that a silent DNS costs a failover nothing.
   */
  of(config: HostConfig, ip?: string): Party {
    const key = `${config.name}:${config.port}`;
    const known = this.#parties.get(key);
    if (known !== undefined) return known;
    const party = {config, agent: this.#dial(config, ip)};
    this.#parties.set(key, party);
    return party;
  }

  all(): readonly Party[] {
    return this.#cluster.hosts.map(config => this.of(config));
  }

  close(): void {
    for (const {agent} of this.#parties.values()) agent.close();
  }

  #dial(config: HostConfig, ip: string | undefined): Agent {
    const address = config.agent.addressIsExplicit
      ? config.agent.address
      : (config.ip ?? usable(ip) ?? config.agent.address);
    const {client, diagnose} = connectAgent({host: config.name, address, port: config.agent.port}, this.#credentials);
    return new Agent({host: config.name, client, diagnose});
  }
}

const usable = (ip: string | undefined): string | undefined => (ip !== undefined && isIP(ip) !== 0 ? ip : undefined);
