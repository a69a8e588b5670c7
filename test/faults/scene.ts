import {setTimeout as wait} from 'node:timers/promises';
import {accounts} from '../lab/accounts.ts';
import {agentPort} from '../lab/agents.ts';
import {poll} from '../lab/poll.ts';
import type {Keys} from '../lab/product.ts';
import {createProductLab, faultsFile, type HostState, type ProductLab} from '../lab/product-lab.ts';
import type {Finished} from '../lab/run.ts';
import {listensOn} from '../lab/sockets.ts';
import {addresses, type DbHost, dbHosts, labInterface, writerVip} from '../lab/topology.ts';
import {type Observer, observerUser, startObserver} from './observer.ts';
import {findProcesses} from './processes.ts';
import {recoverProgram} from './recover-program.ts';

/** A product lab that is put in order between two scenarios without being built anew, with an observer looking on. */
export interface Scene extends ProductLab {
  readonly observer: Observer;
  /** db1 is master with the VIP and events, the others replicate and are read-only, nothing runs, nothing is broken. */
  tidy(): Promise<void>;
  /** Everything from scratch, for scenarios in which MHA or a crash has changed replication. */
  renew(cluster?: Keys): Promise<void>;
  /** Waits until no guard and no hook runs and no agent has anything left to put back. */
  settled(timeoutMs?: number): Promise<void>;
  startAgentAgain(host: DbHost): Promise<void>;
  /** Empties the log of a program on the manager: what it says next is about this run. */
  writeLog(program: string): Promise<void>;
  /** What the operator would do after reading `mha-helper status`. */
  recover(): Promise<Finished>;
}

/** Small, so that a scenario which uses it up does not take a minute. */
export const hookTimeoutMs = 15_000;
/** An undo has time of its own behind the hook's; what is beyond is this machine's load. */
export const hookBoundMs = hookTimeoutMs + 15_000 + 5_000;

export const clusterKeys: Keys = {
  hook_timeout: String(hookTimeoutMs / 1000),
  exclude_users: observerUser,
  kill_after_timeout: '1',
};

export const createScene = async (): Promise<Scene> => {
  const lab = await createProductLab({cluster: clusterKeys});
  await admitObserver(lab);
  const observer = startObserver(lab);
  const scene: Scene = {
    ...lab,
    observer,
    dispose: async () => {
      await observer.stop();
      await lab.dispose();
    },
    tidy: async () => {
      if (!(await isAsBuilt(lab))) return scene.renew();
      await tidy(lab, observer);
    },
    renew: async (cluster = {}) => {
      await lab.reset({cluster: {...clusterKeys, ...cluster}});
      await admitObserver(lab);
      await tidy(lab, observer);
    },
    settled: timeoutMs => settled(lab, timeoutMs),
    startAgentAgain: host => startAgentAgain(lab, host),
    writeLog: program => lab.write('mgr', `/var/log/${program}.log`, ''),
    recover: () => lab.exec('mgr', recoverProgram(), {timeoutMs: 60_000}),
  };
  await scene.tidy();
  return scene;
};

/** How a host is before every scenario. */
export const before: Readonly<Record<DbHost, HostState>> = {
  db1: {readOnly: false, eventScheduler: 'ON', holdsVip: true, rules: ''},
  db2: {readOnly: true, eventScheduler: 'OFF', holdsVip: false, rules: ''},
  db3: {readOnly: true, eventScheduler: 'OFF', holdsVip: false, rules: ''},
};

/** The observer, and the application through the socket: this process is on no lab network. */
const admitObserver = async (lab: ProductLab): Promise<void> => {
  const {user, password} = accounts.app;
  const create = `SET sql_log_bin = 0; CREATE OR REPLACE USER ${observerUser}@localhost;
    CREATE OR REPLACE USER ${user}@localhost IDENTIFIED BY '${password}';
    GRANT SELECT, INSERT, UPDATE, DELETE, LOCK TABLES ON app.* TO ${user}@localhost`;
  await Promise.all(dbHosts.map(host => lab.sql(host, create)));
};

const startAgentAgain = async (lab: ProductLab, host: DbHost): Promise<void> => {
  await lab.breakAt(host, {});
  await lab.startAgent(host, {env: {MHA_HELPER_FAULTS: faultsFile}});
};

/** Servers run, and nobody has turned replication round. */
const isAsBuilt = async (lab: ProductLab): Promise<boolean> => {
  const sources = await Promise.all(dbHosts.map(host => lab.replicaStatus(host).catch(() => ({Master_Host: 'none'}))));
  return sources.map(status => status?.Master_Host ?? '').join(' ') === ` ${addresses.db1} ${addresses.db1}`;
};

const tidy = async (lab: ProductLab, observer: Observer): Promise<void> => {
  await Promise.all(['mgr' as const, ...dbHosts].map(host => lab.breakAt(host, {})));
  await Promise.all(['mgr' as const, ...dbHosts, 'client' as const].map(host => lab.heal(host)));
  await Promise.all(dbHosts.map(host => tidyAgent(lab, host)));
  await settled(lab);
  await Promise.all(dbHosts.map(host => tidyHost(lab, host)));
  for (const host of dbHosts.filter(name => name !== 'db1')) await replicates(lab, host);
  observer.begin();
};

const tidyAgent = async (lab: ProductLab, host: DbHost): Promise<void> => {
  if (!(await listensOn(lab.pidOf(host), agentPort))) await startAgentAgain(lab, host);
};

const tidyHost = async (lab: ProductLab, host: DbHost): Promise<void> => {
  const isMaster = host === 'db1';
  const address = isMaster ? 'replace' : 'del';
  await lab.sql(
    host,
    `SET GLOBAL read_only = ${isMaster ? 0 : 1}; SET GLOBAL event_scheduler = ${isMaster ? 'ON' : 'OFF'}`,
  );
  const change = `ip address ${address} ${writerVip} dev ${labInterface} 2>/dev/null; nft flush ruleset`;
  await lab.mustExec(host, ['sh', '-c', change]);
};

const replicates = (lab: ProductLab, host: DbHost): Promise<true> =>
  poll(`replication on ${host}`, async () => {
    const status = await lab.replicaStatus(host);
    return status?.Slave_IO_Running === 'Yes' && status.Slave_SQL_Running === 'Yes' ? true : undefined;
  });

/** What an agent has still to do. */
const unsettled = ['open', 'undo_pending', 'demotion_pending'];

/** An agent gives an undo up when its operation is older than its deadline and half a minute: the VIP is elsewhere. */
const settled = async (lab: ProductLab, timeoutMs = 60_000): Promise<void> => {
  await poll(
    'the end of all hooks and guards',
    async () => ((await findProcesses(lab, 'mgr', 'dist/controller/bin/')).length === 0 ? true : undefined),
    {timeoutMs},
  );
  await Promise.all(
    dbHosts.map(host =>
      poll(
        `the agent on ${host} with nothing left to put back`,
        async () => {
          const states = await lab.operationStates(host).catch(() => ['open']); // half a line: it is writing
          return states.some(state => unsettled.includes(state)) ? undefined : true;
        },
        {timeoutMs},
      ),
    ),
  );
  await wait(0);
};
