import {Command, CommanderError} from 'commander';
import {packageVersion} from '../../proto/version.ts';
import {addDiscover} from './add-discover.ts';
import {addMove} from './add-move.ts';
import {addPki} from './add-pki.ts';
import {addRecords} from './add-records.ts';
import {configDir, examples, type Run} from './command-line.ts';
import type {CommandEnvironment} from './environment.ts';
import {commandExitCodes, runCommand} from './run-command.ts';

/** Runs `mha-helper` with these arguments to its exit code. What a command needs is loaded when it is used. */
export const runProgram = async (argv: readonly string[], environment: CommandEnvironment): Promise<number> => {
  let code: number = commandExitCodes.usage;
  const run: Run = async (name, options, act) => {
    const given = {...environment, configDirectory: options.configDir ?? environment.configDirectory};
    code = await runCommand(`mha-helper ${name}`, () => act(given), given);
    if (looksAfterReports.has(name)) await environment.startDelivery?.(given.configDirectory);
  };
  try {
    await buildProgram(environment, run).parseAsync(argv, {from: 'user'});
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    return error.exitCode === 0 ? commandExitCodes.done : commandExitCodes.usage;
  }
  return code;
};

/** Commands of people who look after clusters: they also see to reports that nobody has taken yet. */
const looksAfterReports = new Set(['status', 'check', 'history', 'show', 'recover', 'switch', 'failover', 'drill']);

/** All commands; `run` gets the one that a command line chooses. */
export const buildProgram = (environment: Pick<CommandEnvironment, 'tell' | 'complain'>, run: Run): Command => {
  const program = createProgram(environment);
  addStatus(program, run);
  addCheck(program, run);
  addDiscover(program, run);
  addVip(program, run);
  addMove(program, run);
  addRecords(program, run);
  addPki(program, run);
  addExplain(program, run);
  addCompletion(program, run);
  return program;
};

const createProgram = ({tell, complain}: Pick<CommandEnvironment, 'tell' | 'complain'>): Command =>
  new Command('mha-helper')
    .description('Looks after MySQL and MariaDB clusters whose masters MHA moves.')
    .version(packageVersion)
    .configureOutput({
      writeOut: text => tell(text.trimEnd()),
      writeErr: text => complain(text.trimEnd()),
    })
    .exitOverride()
    .showHelpAfterError('(see --help)')
    .addHelpText('after', examples('mha-helper status', 'mha-helper check cluster1', 'mha-helper pki init'));

const addStatus = (program: Command, run: Run): void => {
  program
    .command('status')
    .description('show how the clusters are; exit 0 healthy, 1 degraded, 2 critical')
    .argument('[cluster]', 'name of its file without .conf; default: all')
    .option('--json', 'everything that is known, as one JSON object')
    .option('--watch [seconds]', 'look again and again, every 2 seconds unless told otherwise, until Ctrl-C')
    .option(...configDir)
    .addHelpText(
      'after',
      examples(
        'mha-helper status',
        'mha-helper status cluster1 --watch',
        "mha-helper status --json | jq '.clusters[].reason'",
      ),
    )
    .action((cluster: string | undefined, options: {json?: boolean; watch?: true | string; configDir?: string}) =>
      run('status', options, async environment => {
        if (options.watch !== undefined) {
          const {watchStatus} = await import('./status/watch-status.ts');
          return watchStatus({cluster, json: options.json === true, every: options.watch}, environment);
        }
        const {showStatus} = await import('./status/status.ts');
        return showStatus({cluster, json: options.json === true}, environment);
      }),
    );
};

const addCheck = (program: Command, run: Run): void => {
  program
    .command('check')
    .description('check everything a failover will need; changes nothing; exit 0 fine, 1 not, 2 bad configuration')
    .argument('[cluster]', 'name of its file without .conf; default: all')
    .option('--mha-conf <file...>', "MHA's application files (default: *.cnf and *.conf in /etc/mha)")
    .option(...configDir)
    .addHelpText('after', examples('mha-helper check', 'mha-helper check cluster1 --mha-conf /etc/mha/cluster1.cnf'))
    .action((cluster: string | undefined, options: {mhaConf?: string[]; configDir?: string}) =>
      run('check', options, async environment => {
        const {checkAll} = await import('./check/check.ts');
        return checkAll({cluster, mhaFiles: options.mhaConf}, environment);
      }),
    );
};

const addVip = (program: Command, run: Run): void => {
  const vip = program
    .command('vip')
    .description('put the writer VIP on a host, or take it off')
    .addHelpText('after', examples('mha-helper vip acquire cluster1', 'mha-helper vip release cluster1 db1'));
  const verbs = {
    acquire: 'put the VIP on the master, after looking that nobody else has it',
    release: 'take the VIP off a host',
  } as const;
  const defaults = {acquire: 'the one writable master', release: 'the one host that has it'} as const;
  for (const verb of ['acquire', 'release'] as const)
    vip
      .command(verb)
      .description(`${verbs[verb]}; exit 0 done, 1 not done, 2 usage`)
      .argument('<cluster>', 'name of its file without .conf')
      .argument('[host]', `host of the cluster; default: ${defaults[verb]}`)
      .option(...configDir)
      .addHelpText('after', examples(`mha-helper vip ${verb} cluster1`, `mha-helper vip ${verb} cluster1 db1`))
      .action((cluster: string, host: string | undefined, options: {configDir?: string}) =>
        run(`vip ${verb}`, options, async environment => {
          const {moveVip} = await import('./vip.ts');
          return moveVip({verb, cluster, host}, environment);
        }),
      );
};

const addExplain = (program: Command, run: Run): void => {
  program
    .command('explain')
    .description('say what an exit code of a hook, or a reason of an agent, means and what to do')
    .argument('<word>', 'like 10 or VIP_IN_USE')
    .option('--json', 'as one JSON object')
    .addHelpText('after', examples('mha-helper explain 10', 'mha-helper explain VIP_IN_USE'))
    .action((word: string, options: {json?: boolean}) =>
      run('explain', {}, async environment => {
        const {explain} = await import('./explain/explain.ts');
        return explain({word, json: options.json === true}, environment);
      }),
    );
};

const addCompletion = (program: Command, run: Run): void => {
  program
    .command('completion')
    .description('write a script with which a shell completes commands, options, clusters and hosts')
    .argument('<shell>', 'bash or zsh')
    .addHelpText(
      'after',
      examples('mha-helper completion bash >/etc/bash_completion.d/mha-helper', 'source <(mha-helper completion bash)'),
    )
    .action((shell: string) =>
      run('completion', {}, async ({tell}) => {
        const {completionFor} = await import('./completion/completion.ts');
        tell(completionFor(shell, program));
        return commandExitCodes.done;
      }),
    );
};
