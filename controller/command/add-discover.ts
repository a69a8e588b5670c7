import type {Command} from 'commander';
import {configDir, examples, type Run} from './command-line.ts';

interface Options {
  readonly from: string;
  readonly cluster?: string;
  readonly mhaConf?: string;
  readonly agentPort?: string;
  readonly write?: boolean;
  readonly json?: boolean;
  readonly configDir?: string;
}

/** `mha-helper discover`: both configurations from what the agents tell. */
export const addDiscover = (program: Command, run: Run): void => {
  program
    .command('discover')
    .description("ask agents who replicates from whom, and name them all in the cluster file and in MHA's file")
    .requiredOption('--from <hosts>', 'where to begin, with commas: db1 or db1:3307; the agents name the others')
    .option('--cluster <name>', 'name of the cluster file (default: the one that has one of the hosts)')
    .option('--mha-conf <file>', "MHA's application file (default: the one in /etc/mha that names one of the hosts)")
    .option('--agent-port <port>', 'where the agents listen (default: 7306)')
    .option('--write', 'change files that exist; new ones are always written')
    .option('--json', 'as one JSON object')
    .option(...configDir)
    .addHelpText(
      'after',
      `
Files that exist only get sections for hosts that joined; all else in them stays byte for byte.
Exit 0: both files name all that was found; 1: one does not yet, or somebody could not be asked; 2: usage.
${examples('mha-helper discover --from db1 --cluster cluster1', 'mha-helper discover --from db1 --write')}`,
    )
    .action((options: Options) =>
      run('discover', options, async environment => {
        const {discover} = await import('./discover/discover.ts');
        const {from, cluster, mhaConf, agentPort, write = false, json = false} = options;
        return discover({from, cluster, mhaConf, agentPort, write, json}, environment);
      }),
    );
};
