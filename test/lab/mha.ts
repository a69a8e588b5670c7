import {accounts} from './accounts.ts';
import type {Hosts, Running} from './hosts.ts';
import {poll} from './poll.ts';
import type {Finished} from './run.ts';
import {type DbHost, dbHosts} from './topology.ts';

export interface MhaHooks {
  /** Command lines as MHA's configuration takes them. */
  readonly onlineHook: string;
  readonly failoverHook: string;
  readonly reportHook?: string;
  readonly shutdownHook?: string;
  readonly secondaryCheck?: string;
  /** More lines for [server default]. */
  readonly extra?: string;
  /** MHA's own account, when the test wants another password than the lab's. Written as it is. */
  readonly password?: string;
}

export interface Mha {
  /** Writes /etc/mha/app1.cnf on the manager. db1 and db2 are candidates, db3 never becomes master. */
  writeMhaConfig(hooks: MhaHooks): Promise<void>;
  /** `masterha_master_switch --master_state=alive`, the old master becoming a replica. */
  switchMaster(move: {readonly to: DbHost; readonly extraArgs?: readonly string[]}): Promise<Finished>;
  /** `masterha_master_switch --master_state=dead`. */
  failover(move: {readonly dead: DbHost; readonly extraArgs?: readonly string[]}): Promise<Finished>;
  /** The same as `switchMaster`, to be watched and killed on the way. */
  spawnSwitch(move: {readonly to: DbHost; readonly extraArgs?: readonly string[]}): Promise<Running>;
  /** masterha_manager, watching the master when this returns. */
  startManager(): Promise<Running>;
  checkRepl(): Promise<Finished>;
  checkSsh(): Promise<Finished>;
  /** Removes what blocks a second failover for eight hours. */
  forgetFailovers(): Promise<void>;
}

export const mhaConfigPath = '/etc/mha/app1.cnf';

export const createMha = (hosts: Hosts): Mha => {
  const mha = (argv: readonly string[]): Promise<Finished> => hosts.exec('mgr', argv, {timeoutMs: 120_000});
  const forgetFailovers = async (): Promise<void> => {
    await hosts.mustExec('mgr', ['sh', '-c', `rm -f ${workdir}/app1.failover.*`]);
  };
  return {
    forgetFailovers,
    writeMhaConfig: async hooks => {
      await hosts.mustExec('mgr', ['mkdir', '-p', workdir]);
      await hosts.write('mgr', mhaConfigPath, mhaConfig(hooks), 0o600);
    },
    switchMaster: ({to, extraArgs = []}) => mha(switchCommand(to, extraArgs)),
    spawnSwitch: ({to, extraArgs = []}) => hosts.spawn('mgr', switchCommand(to, extraArgs)),
    failover: ({dead, extraArgs = []}) => mha(failoverCommand(dead, extraArgs)),
    startManager: () => startManager(hosts),
    checkRepl: () => mha(['masterha_check_repl', `--conf=${mhaConfigPath}`]),
    checkSsh: () => mha(['masterha_check_ssh', `--conf=${mhaConfigPath}`]),
  };
};

const workdir = '/var/tmp/mha';

export const switchCommand = (to: DbHost, extraArgs: readonly string[]): readonly string[] => [
  'masterha_master_switch',
  `--conf=${mhaConfigPath}`,
  '--master_state=alive',
  `--new_master_host=${to}`,
  '--orig_master_is_new_slave',
  '--interactive=0',
  ...extraArgs,
];

export const failoverCommand = (dead: DbHost, extraArgs: readonly string[]): readonly string[] => [
  'masterha_master_switch',
  `--conf=${mhaConfigPath}`,
  '--master_state=dead',
  `--dead_master_host=${dead}`,
  '--dead_master_port=3306',
  '--interactive=0',
  '--ignore_last_failover',
  ...extraArgs,
];

const mhaConfig = (hooks: MhaHooks): string => {
  const optional = [
    hooks.reportHook && `report_script=${hooks.reportHook}`,
    hooks.shutdownHook && `shutdown_script=${hooks.shutdownHook}`,
    hooks.secondaryCheck && `secondary_check_script=${hooks.secondaryCheck}`,
    hooks.extra,
  ].filter(Boolean);
  const servers = dbHosts.map(
    (host, index) => `[server${index + 1}]\nhostname=${host}\n${host === 'db3' ? 'no_master' : 'candidate_master'}=1\n`,
  );
  return `[server default]
user=${accounts.mha.user}
password=${hooks.password ?? accounts.mha.password}
repl_user=${accounts.repl.user}
repl_password=${accounts.repl.password}
ssh_user=root
manager_workdir=${workdir}
remote_workdir=${workdir}
master_binlog_dir=/var/lib/mysql
ping_interval=1
master_ip_online_change_script=${hooks.onlineHook}
master_ip_failover_script=${hooks.failoverHook}
${optional.join('\n')}

${servers.join('\n')}`;
};

const startManager = async (hosts: Hosts): Promise<Running> => {
  const log = '/var/log/masterha_manager.log';
  await hosts.write('mgr', log, '');
  const manager = await hosts.spawn('mgr', ['masterha_manager', `--conf=${mhaConfigPath}`, '--ignore_last_failover'], {
    log,
  });
  await poll(
    'masterha_manager watching the master',
    async () => {
      const text = await manager.output();
      if (manager.hasEnded()) throw new Error(`masterha_manager ended: ${text}`);
      return text.includes("waiting until MySQL doesn't respond") ? true : undefined;
    },
    {timeoutMs: 60_000, everyMs: 100},
  );
  return manager;
};
