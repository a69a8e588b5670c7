import type {Command} from 'commander';
import {configDir, examples, type Run} from './command-line.ts';

/** What moves the master: `mha-helper switch`, `failover` and `drill`. */
export const addMove = (program: Command, run: Run): void => {
  addSwitch(program, run);
  addFailover(program, run);
  addDrill(program, run);
};

interface Options {
  readonly to?: string;
  readonly mhaConf?: string;
  readonly json?: boolean;
  readonly configDir?: string;
}

const mhaConf = [
  '--mha-conf <file>',
  "MHA's application file (default: the one in /etc/mha that names the cluster's hosts)",
] as const;

const exits = `
Exit 0: done; 1: nothing moved, or the output says what is half done; 2: usage or configuration;
10: the master moved and something is missing; 130: interrupted in time, and put back.
`;

const addSwitch = (program: Command, run: Run): void => {
  program
    .command('switch')
    .description('move a living master with MHA; the old one becomes a replica. Ctrl-C puts everything back')
    .argument('<cluster>', 'name of its file without .conf')
    .option('--to <host>', 'the new master (default: the first healthy candidate)')
    .option('--dry-run', 'ask all hosts, say what would be done and what speaks against it; change nothing')
    .option(...mhaConf)
    .option('--json', 'the outcome, or the plan, as one JSON object; progress goes to standard error')
    .option(...configDir)
    .addHelpText(
      'after',
      `${exits}${examples('mha-helper switch cluster1 --dry-run', 'mha-helper switch cluster1 --to db2')}`,
    )
    .action((cluster: string, options: Options & {dryRun?: boolean}) =>
      run('switch', options, async environment => {
        const {switchCluster} = await import('./move/switch-cluster.ts');
        return switchCluster({...given(cluster, options), dryRun: options.dryRun === true}, environment);
      }),
    );
};

const addFailover = (program: Command, run: Run): void => {
  program
    .command('failover')
    .description('put another host in the place of a dead master, with MHA')
    .argument('<cluster>', 'name of its file without .conf')
    .requiredOption('--dead <host>', 'the dead master; MHA looks itself whether it is dead')
    .option('--to <host>', 'the new master (default: MHA chooses)')
    .option(...mhaConf)
    .option('--json', 'the outcome as one JSON object; progress goes to standard error')
    .option(...configDir)
    .addHelpText(
      'after',
      `${exits}${examples('mha-helper failover cluster1 --dead db1', 'mha-helper failover cluster1 --dead db1 --to db2')}`,
    )
    .action((cluster: string, options: Options & {dead: string}) =>
      run('failover', options, async environment => {
        const {failoverCluster} = await import('./move/failover-cluster.ts');
        return failoverCluster({...given(cluster, options), dead: options.dead}, environment);
      }),
    );
};

const addDrill = (program: Command, run: Run): void => {
  program
    .command('drill')
    .description('switch to another host and back with MHA, and tell how long writes were away')
    .argument('<cluster>', 'name of its file without .conf')
    .option('--to <host>', 'the other host (default: the first healthy candidate)')
    .option(...mhaConf)
    .option('--json', 'both switches as one JSON object; progress goes to standard error')
    .option(...configDir)
    .addHelpText(
      'after',
      `
These are real switches: applications notice them. While one runs, a probe asks the agents of both masters and
greets mysqld through the VIP every 20 ms, and is refused: the server may log that of mha_helper_probe.
${exits}${examples('mha-helper drill cluster1', 'mha-helper drill cluster1 --to db2 --json')}`,
    )
    .action((cluster: string, options: Options) =>
      run('drill', options, async environment => {
        const {drill} = await import('./drill/drill.ts');
        return drill(given(cluster, options), environment);
      }),
    );
};

const given = (cluster: string, {to, mhaConf: file, json}: Options) => ({
  cluster,
  to,
  mhaConf: file,
  json: json === true,
});
