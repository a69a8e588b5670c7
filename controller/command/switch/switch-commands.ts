import {Command, CommanderError, Option} from 'commander';
import {packageVersion} from '../../../proto/version.ts';
import {runCommand} from '../run-command.ts';
import {runMasterSwitch, type SwitchEnvironment} from './run-master-switch.ts';

/** `mysql_failover -d HOST -c CONF [-- more]`: the master is dead, another takes its place. */
export const mysqlFailover = (environment: SwitchEnvironment): Promise<number> => {
  const command = switchCommand('mysql_failover', 'Fails a dead master over, with masterha_master_switch.')
    .addOption(new Option('-d, --dead_master_host <host>', 'the dead master, as MHA calls it'))
    .addOption(new Option('--dead-master-host <host>').hideHelp())
    .addHelpText('after', '\nExample:\n  mysql_failover -d db1 -c /etc/mha/cluster1.cnf -- --dead_master_ip=10.0.0.1');
  return runSwitch(command, environment, ({conf, dead_master_host: written, deadMasterHost}) => {
    const host = written ?? deadMasterHost;
    if (host === undefined) command.error("error: required option '-d, --dead_master_host <host>' not specified");
    return [
      '--master_state=dead',
      '--interactive=0',
      '--ignore_last_failover',
      `--dead_master_host=${host}`,
      `--conf=${conf}`,
    ];
  });
};

/** `mysql_online_failover -c CONF [-- more]`: the master lives and becomes a replica of the new one. */
export const mysqlOnlineFailover = (environment: SwitchEnvironment): Promise<number> => {
  const command = switchCommand(
    'mysql_online_failover',
    'Moves a living master, with masterha_master_switch.',
  ).addHelpText(
    'after',
    '\nExamples:\n  mysql_online_failover -c /etc/mha/cluster1.cnf\n  mysql_online_failover -c /etc/mha/cluster1.cnf -- --new_master_host=db2',
  );
  return runSwitch(command, environment, ({conf}) => [
    '--master_state=alive',
    '--orig_master_is_new_slave',
    '--interactive=0',
    `--conf=${conf}`,
  ]);
};

interface SwitchOptions {
  readonly conf: string;
  readonly dead_master_host?: string;
  readonly deadMasterHost?: string;
}

const switchCommand = (name: string, description: string): Command =>
  new Command(name)
    .description(`${description} What follows -- goes to it as it is; its exit code is passed on.`)
    .usage('[options] [-- options of masterha_master_switch]')
    .version(packageVersion)
    .requiredOption('-c, --conf <file>', "MHA's application file")
    .showHelpAfterError('(see --help)')
    .exitOverride();

const runSwitch = async (
  command: Command,
  environment: SwitchEnvironment,
  argumentsFor: (options: SwitchOptions) => readonly string[],
): Promise<number> => {
  const {argv, tell, complain} = environment;
  command.configureOutput({writeOut: text => tell(text.trimEnd()), writeErr: text => complain(text.trimEnd())});
  const end = argv.includes('--') ? argv.indexOf('--') : argv.length;
  try {
    command.parse(argv.slice(0, end), {from: 'user'});
    const args = [...argumentsFor(command.opts<SwitchOptions>()), ...argv.slice(end + 1)];
    return await runCommand(command.name(), () => runMasterSwitch(args, environment), environment);
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    return error.exitCode === 0 ? 0 : 2;
  }
};
