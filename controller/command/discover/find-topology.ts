import type {GetStatusResponse, InstanceStatus} from '../../../proto/gen/mha_helper/v1/agent.ts';
import {Agent} from '../../agents/agent.ts';
import {connectAgent} from '../../agents/connect.ts';
import type {ClientCredentials} from '../../agents/credentials.ts';
import {greetAgent} from '../../agents/greet.ts';
import {answerMs} from '../survey-clusters.ts';

/** An mysqld that belongs to the topology, as its agent tells. */
export interface FoundInstance {
  /** As the agent's certificate calls it. */
  readonly host: string;
  readonly ip: string;
  readonly port: number;
  readonly agentPort: number;
  readonly status: InstanceStatus;
  /** All that its agent told. */
  readonly report: GetStatusResponse;
}

export interface Topology {
  /** Sorted by name and port. */
  readonly instances: readonly FoundInstance[];
  /** Who takes part and could not be asked, one sentence each. */
  readonly gaps: readonly string[];
}

/** Where to begin: a host, and which of its instances when it has several. */
export interface Seed {
  readonly address: string;
  readonly port: number | undefined;
}

interface Met {
  readonly host: string;
  readonly ip: string;
  readonly agentPort: number;
  readonly report: GetStatusResponse;
}

/**
 * Asks agents from host to host: each instance names its source and the addresses that read its binary log. Throws when
 * a seed cannot be asked; whoever else cannot is a gap.
 */
export const findTopology = async (
  seeds: readonly Seed[],
  agentPort: number,
  credentials: ClientCredentials,
): Promise<Topology> => {
  const crawl = new Crawl(agentPort, credentials);
  for (const seed of seeds) crawl.add(chooseInstance(await crawl.meet(seed.address), seed));
  for (const instance of crawl.found) await crawl.follow(instance);
  const instances = crawl.found.toSorted(
    (one, other) => one.host.localeCompare(other.host, 'en', {numeric: true}) || one.port - other.port,
  );
  return {instances, gaps: [...crawl.gaps]};
};

const chooseInstance = (met: Met, {port}: Seed): FoundInstance => {
  const all = met.report.instances;
  const [chosen, ...more] = port === undefined ? all : all.filter(one => one.port === port);
  const known = all.map(one => `${met.host}:${one.port}`).join(', ');
  if (chosen === undefined) throw new Error(`the agent of ${met.host} does not know port ${port}; known are: ${known}`);
  if (more.length > 0) throw new Error(`${met.host} has several instances; name one: ${known}`);
  return instanceAt(met, chosen);
};

const instanceAt = (met: Met, status: InstanceStatus): FoundInstance => ({...met, port: status.port, status});

/** The instances found so far; the list grows while it is walked through. */
class Crawl {
  readonly found: FoundInstance[] = [];
  readonly gaps = new Set<string>();
  readonly #met = new Map<string, Promise<Met>>();
  readonly #agentPort: number;
  readonly #credentials: ClientCredentials;

  constructor(agentPort: number, credentials: ClientCredentials) {
    this.#agentPort = agentPort;
    this.#credentials = credentials;
  }

  add(instance: FoundInstance): void {
    const isKnown = this.found.some(one => one.host === instance.host && one.port === instance.port);
    if (!isKnown) this.found.push(instance);
  }

  meet(address: string): Promise<Met> {
    const known = this.#met.get(address) ?? this.#ask(address);
    this.#met.set(address, known);
    return known;
  }

  async follow(instance: FoundInstance): Promise<void> {
    const {status} = instance;
    const {replication, serverId} = status;
    const isSource = (one: InstanceStatus): boolean => one.port === replication?.sourcePort;
    if (!status.reachable) this.gaps.add(`mysqld on ${nameOf(instance)} does not answer: ${status.error}`);
    if (replication !== undefined)
      await this.#reach(instance, replication.sourceHost, {of: 'source', isWanted: isSource});
    const isReplica = (one: InstanceStatus): boolean => one.replication?.sourceServerId === serverId;
    for (const address of status.replicaAddresses)
      await this.#reach(instance, address, {of: 'reader', isWanted: isReplica});
  }

  async #reach(
    from: FoundInstance,
    address: string,
    {of, isWanted}: {readonly of: 'source' | 'reader'; readonly isWanted: (one: InstanceStatus) => boolean},
  ): Promise<void> {
    const isLocal = ['localhost', '127.0.0.1', '::1'].includes(address);
    try {
      const met = await this.meet(isLocal ? from.ip : address);
      for (const status of met.report.instances.filter(isWanted)) this.add(instanceAt(met, status));
    } catch (error) {
      const role = of === 'source' ? `the source of ${nameOf(from)}` : `who reads the binary log of ${nameOf(from)}`;
      this.gaps.add(`${role} could not be asked: ${(error as Error).message}`);
    }
  }

  async #ask(address: string): Promise<Met> {
    const port = this.#agentPort;
    const {host, ip} = await greetAgent({address, port}, this.#credentials, answerMs);
    const {client, diagnose} = connectAgent({host, address: ip, port}, this.#credentials);
    const agent = new Agent({host, client, diagnose});
    try {
      return {host, ip, agentPort: port, report: await agent.getStatus({brief: true}, {deadlineMs: answerMs})};
    } finally {
      agent.close();
    }
  }
}

export const nameOf = ({host, port}: Pick<FoundInstance, 'host' | 'port'>): string =>
  port === 3306 ? host : `${host}:${port}`;
