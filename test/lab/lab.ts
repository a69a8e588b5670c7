import {unlinkSync} from 'node:fs';
import {type Agents, createAgents} from './agents.ts';
import {createHosts, type Hosts} from './hosts.ts';
import {createMha, type Mha} from './mha.ts';
import {endHolder, type Holder, killHolder, startBridge, startHost} from './namespaces.ts';
import {createNetwork, type Network} from './network.ts';
import {identify} from './process-identity.ts';
import {createProduct, type Product} from './product.ts';
import {forgetRecord, type LabRecord, recordPath, sweepStaleLabs, writeRecord} from './record.ts';
import {createReplication, type Replication} from './replication.ts';
import {createServers, type Servers} from './servers.ts';
import {setUpHosts} from './set-up.ts';
import {type HostName, hostNames} from './topology.ts';

/** A manager, three database servers and a client, each as good as a machine of its own. */
export interface Lab extends Hosts, Servers, Replication, Network, Mha, Agents, Product {
  readonly name: string;
  /** Ends every process of the lab; the kernel removes its namespaces, mounts and files. Twice is fine. */
  dispose(): Promise<void>;
}

export interface LabOptions {
  /** Default: one that no other lab has. */
  readonly name?: string;
  /** What else belongs to this lab before others may find it. */
  readonly furnish?: (lab: Lab) => Promise<unknown>;
}

/**
 * Makes a lab with replication from db1 to db2 and db3; the VIP is nowhere yet. It ends with `dispose`, or with the
 * process that made it, in whatever way that ends.
 */
export const createLab = async ({name, furnish}: LabOptions = {}): Promise<Lab> => {
  await sweepStaleLabs();
  const holders: Holder[] = [];
  const labName = name ?? `lab-${process.pid}-${Date.now().toString(36)}`;
  const stopWatching = endWithOwner(labName, holders);
  const dispose = async (): Promise<void> => {
    stopWatching();
    await Promise.all(holders.splice(0).map(endHolder));
    await forgetRecord(labName);
  };
  try {
    const bridge = keep(holders, await startBridge());
    const entries = await Promise.all(
      hostNames.map(async host => [host, keep(holders, await startHost(host, bridge))] as const),
    );
    const record = recordOf(labName, bridge, Object.fromEntries(entries) as Record<HostName, Holder>);
    const lab = {...labOf(record), dispose};
    await setUpHosts(lab);
    await lab.rebuild('db1');
    await furnish?.(lab);
    await writeRecord(record);
    for (const holder of holders) letGo(holder);
    return lab;
  } catch (error) {
    await dispose();
    throw error;
  }
};

/** A lab that another process holds. */
export const labOf = (record: LabRecord): Omit<Lab, 'dispose'> => {
  const pids = Object.fromEntries(hostNames.map(host => [host, record.hosts[host].pid])) as Record<HostName, number>;
  const hosts = createHosts(pids);
  const servers = createServers(hosts);
  const network = createNetwork(hosts, record.bridge.pid);
  const replication = createReplication({hosts, servers, network});
  return {
    name: record.name,
    ...hosts,
    ...servers,
    ...network,
    ...replication,
    ...createMha(hosts),
    ...createAgents(hosts),
    ...createProduct(hosts),
  };
};

const keep = (holders: Holder[], holder: Holder): Holder => {
  holders.push(holder);
  return holder;
};

const recordOf = (name: string, bridge: Holder, hosts: Record<HostName, Holder>): LabRecord => ({
  name,
  owner: identify(process.pid),
  bridge: identify(bridge.pid),
  hosts: Object.fromEntries(hostNames.map(host => [host, identify(hosts[host].pid)])) as LabRecord['hosts'],
});

/** A lab must not keep its owner alive: an owner that has nothing left to do ends, and the lab with it. */
const letGo = ({process: child}: Holder): void => {
  child.unref();
  for (const stream of child.stdio) (stream as {unref?: () => void} | null)?.unref?.();
};

/** Kills the lab when this process exits or is told to; a SIGKILL is the kernel's part (host-init.sh). */
const endWithOwner = (name: string, holders: readonly Holder[]): (() => void) => {
  const end = (): void => {
    for (const holder of holders) killHolder(holder);
    try {
      unlinkSync(recordPath(name));
    } catch {
      // Not written yet, or gone already.
    }
  };
  const onSignal = (signal: NodeJS.Signals): void => {
    end();
    process.kill(process.pid, signal);
  };
  process.once('exit', end).once('SIGINT', onSignal).once('SIGTERM', onSignal);
  return () => {
    process.off('exit', end).off('SIGINT', onSignal).off('SIGTERM', onSignal);
  };
};
