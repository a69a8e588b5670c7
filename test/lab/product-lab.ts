import {closingMs} from '../../agent/network/tombstone-script.ts';
import type {FailoverRecord} from '../../controller/record/record-file.ts';
import {listRecords, readRecord} from '../../controller/record/record-file.ts';
import {commandFile} from './commands.ts';
import {createLab, type Lab, type LabOptions} from './lab.ts';
import type {MhaHooks} from './mha.ts';
import type {Keys} from './product.ts';
import type {Finished, RunOptions} from './run.ts';
import {type DbHost, dbHosts, type HostName, writerVip} from './topology.ts';

export type HookName = 'master_ip_online_failover_helper' | 'master_ip_hard_failover_helper' | 'master_failover_report';

export interface ResetOptions {
  /** Default: db1. It gets the VIP. */
  readonly master?: DbHost;
  /** Default: `writerVip`. */
  readonly vips?: readonly string[];
  /** Lines for `[default]` of the cluster file. */
  readonly cluster?: Keys;
  /** What MHA's configuration says beyond our hooks. */
  readonly mha?: Partial<MhaHooks>;
}

/** What a failed phase must leave as it was. */
export interface HostState {
  readonly readOnly: boolean;
  readonly eventScheduler: string;
  readonly holdsVip: boolean;
  /** Packet filter rules: a tombstone that stayed would refuse clients of a working master. */
  readonly rules: string;
}

export interface ProductLab extends Lab {
  /**
   * Everything from scratch: servers, agents without any history, no failover records, the VIP on the master, MHA with
   * the hooks of this build. No fault is set.
   */
  reset(options?: ResetOptions): Promise<void>;
  /**
   * Runs one of this build's hooks on the manager, from a shell that ends with it: to the guard of an online stop, that
   * is an MHA which goes away.
   */
  hook(name: HookName, args: readonly string[], options?: RunOptions): Promise<Finished>;
  /** Runs several, one after another, as one MHA would. Answers their exit codes and all they said. */
  hooks(
    calls: readonly {readonly name: HookName; readonly args: readonly string[]}[],
  ): Promise<{readonly codes: readonly number[]; readonly output: string}>;
  /** The operator's `mha-helper`. */
  helper(...args: readonly string[]): Promise<Finished>;
  /** Breaks hooks (`mgr`) or an agent at the points of proto/fault-points.ts; `{}` breaks nothing any more. */
  breakAt(host: HostName, actions: Readonly<Record<string, 'kill' | 'stop' | 'fail'>>): Promise<void>;
  states(): Promise<Readonly<Record<DbHost, HostState>>>;
  /** States of all operations in the agent's journal, oldest first; `demotion_pending` is a committed one's. */
  operationStates(host: DbHost): Promise<readonly string[]>;
  /** The newest failover record of the cluster. */
  newestRecord(): Promise<FailoverRecord | undefined>;
}

/** A lab in which this build is installed as on real hosts: agents run, MHA calls its hooks, db1 holds the VIP. */
export const createProductLab = async (options: LabOptions & ResetOptions = {}): Promise<ProductLab> => {
  const lab = productLabOf(await createLab(options));
  try {
    await lab.installPki();
    await lab.reset(options);
    return lab;
  } catch (error) {
    await lab.dispose();
    throw error;
  }
};

/** The hooks of this build, to be broken by `breakAt`. */
export const breakableHooks = (): MhaHooks => ({
  onlineHook: commandOf('master_ip_online_failover_helper').join(' '),
  failoverHook: commandOf('master_ip_hard_failover_helper').join(' '),
  reportHook: commandOf('master_failover_report').join(' '),
});

/** Every breakable process of a lab reads its faults here, on its own host. */
export const faultsFile = '/run/faults.json';

/** `env` and no shell: MHA stays the hook's parent, as on real hosts. */
const commandOf = (name: string): readonly string[] => [
  '/usr/bin/env',
  `MHA_HELPER_FAULTS=${faultsFile}`,
  commandFile(name),
];

const quote = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

const productLabOf = (lab: Lab): ProductLab => {
  const breakAt: ProductLab['breakAt'] = (host, actions) => lab.write(host, faultsFile, JSON.stringify(actions));
  return {
    ...lab,
    breakAt,
    reset: options => reset({...lab, breakAt}, options),
    // A hook's parent must live in the host's own process table, where the guard looks for MHA.
    hook: (name, args, options) =>
      lab.exec('mgr', ['sh', '-c', '"$@"; exit $?', 'mha', ...commandOf(name), ...args], {
        timeoutMs: 90_000,
        ...options,
      }),
    hooks: async calls => {
      const lines = calls.map(({name, args}) => `${[...commandOf(name), ...args].map(quote).join(' ')}; echo "=> $?"`);
      const {stdout, stderr} = await lab.exec('mgr', ['sh', '-c', lines.join('\n')], {timeoutMs: 90_000});
      const codes = [...stdout.matchAll(/^=> (\d+)$/gm)].map(([, code]) => Number(code));
      return {codes, output: stdout + stderr};
    },
    helper: (...args) => lab.exec('mgr', [...commandOf('mha-helper'), ...args]),
    states: async () => {
      const states = await Promise.all(dbHosts.map(async host => [host, await stateOf(lab, host)] as const));
      return Object.fromEntries(states) as Record<DbHost, HostState>;
    },
    operationStates: async host => operationStatesIn(await lab.read(host, '/var/lib/mha-helper-agent/journal.jsonl')),
    newestRecord: async () => {
      const [newest] = await listRecords(lab.pathOf('mgr', '/var/lib/mha-helper'), 'lab');
      return newest === undefined ? undefined : readRecord(newest);
    },
  };
};

const reset = async (
  lab: Lab & Pick<ProductLab, 'breakAt'>,
  {master = 'db1', vips = [writerVip], cluster = {}, mha = {}}: ResetOptions = {},
): Promise<void> => {
  await Promise.all(dbHosts.map(host => lab.killAgent(host)));
  await lab.rebuild(master);
  await lab.mustExec('mgr', ['sh', '-c', 'rm -rf /var/lib/mha-helper/*']);
  await lab.breakAt('mgr', {});
  await Promise.all(
    dbHosts.map(async host => {
      await lab.mustExec(host, ['sh', '-c', 'rm -rf /var/lib/mha-helper-agent/*']);
      await lab.breakAt(host, {});
      await lab.writeAgentConfig(host, {vips});
      await lab.startAgent(host, {env: {MHA_HELPER_FAULTS: faultsFile}});
    }),
  );
  await lab.writeClusterConfig({defaults: {writer_vip_cidr: vips.join(', '), ...cluster}});
  await lab.writeMhaConfig({...breakableHooks(), ...mha});
  for (const vip of vips) await lab.addVip(master, vip);
  await lab.flushNeighbours('client');
};

const stateOf = async (lab: Lab, host: DbHost): Promise<HostState> => {
  const [[variables], holders, rules] = await Promise.all([
    lab.sql(host, 'SELECT @@read_only AS read_only, @@event_scheduler AS event_scheduler'),
    lab.vipHolders(),
    lab.mustExec(host, ['nft', 'list', 'ruleset']),
  ]);
  return {
    readOnly: Number(variables?.read_only) === 1,
    eventScheduler: String(variables?.event_scheduler),
    holdsVip: holders.includes(host),
    // the time a tombstone has left is no part of the state, and what closes an address that goes is over in a moment
    rules: rules.stdout
      .replaceAll(new RegExp(`\\n\\s*elements = \\{[^}]*timeout ${closingMs}ms[^}]*\\}`, 'g'), '')
      .replaceAll(/ expires \w+/g, ''),
  };
};

interface JournalLine {
  readonly type: string;
  readonly id?: string;
  readonly state?: string;
  readonly settles?: readonly string[];
  readonly ids?: readonly string[];
}

const operationStatesIn = (journal: string): string[] => {
  const states = new Map<string, string>();
  const pending = new Set<string>();
  for (const line of journal.split('\n').filter(text => text !== '')) {
    const {type, id, state, settles = [], ids = []}: JournalLine = JSON.parse(line);
    if (id !== undefined && type === 'open') states.set(id, 'open');
    if (id !== undefined && type === 'pending_demotion') pending.add(id);
    if (id !== undefined && state !== undefined) states.set(id, state);
    for (const settled of [...settles, ...ids]) pending.delete(settled);
  }
  return [...states].map(([id, state]) => (state === 'committed' && pending.has(id) ? 'demotion_pending' : state));
};
