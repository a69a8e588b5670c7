import type {Command} from 'commander';
import {configDir, examples, type Run} from './command-line.ts';

/** What an operator does with failover records: `mha-helper history`, `show` and `recover`. */
export const addRecords = (program: Command, run: Run): void => {
  addHistory(program, run);
  addShow(program, run);
  addRecover(program, run);
};

interface Options {
  readonly json?: boolean;
  readonly configDir?: string;
}

const addHistory = (program: Command, run: Run): void => {
  program
    .command('history')
    .description('list the failovers that this manager knows of, newest first')
    .argument('[cluster]', 'name of its file without .conf; default: all')
    .option('--json', 'as one JSON object')
    .option('--limit <n>', 'how many at most (default: 20)')
    .option(...configDir)
    .addHelpText('after', examples('mha-helper history', 'mha-helper history cluster1 --limit 100'))
    .action((cluster: string | undefined, options: Options & {limit?: string}) =>
      run('history', options, async environment => {
        const {showHistory} = await import('./history/history.ts');
        return showHistory({cluster, json: options.json === true, limit: options.limit}, environment);
      }),
    );
};

const addShow = (program: Command, run: Run): void => {
  program
    .command('show')
    .description('show one failover step by step, with its times')
    .argument('<id>', 'as mha-helper history shows it')
    .option('--json', 'everything that was recorded, as one JSON object')
    .option(...configDir)
    .addHelpText('after', examples('mha-helper show cluster1-12', 'mha-helper show cluster1-12 --json'))
    .action((id: string, options: Options) =>
      run('show', options, async environment => {
        const {showFailover} = await import('./show/show.ts');
        return showFailover({id, json: options.json === true}, environment);
      }),
    );
};

const addRecover = (program: Command, run: Run): void => {
  program
    .command('recover')
    .description('show what the newest failover left half done and, with --yes, finish or undo it')
    .argument('<cluster>', 'name of its file without .conf')
    .option('--yes', 'do it; without it nothing is changed')
    .option('--force', 'even if MHA or the guard of that failover is alive')
    .option('--json', 'as one JSON object')
    .option(...configDir)
    .addHelpText(
      'after',
      `\nExit 0: nothing is half done (any more), 1: something is, 2: usage.\n${examples('mha-helper recover cluster1', 'mha-helper recover cluster1 --yes')}`,
    )
    .action((cluster: string, options: Options & {yes?: boolean; force?: boolean}) =>
      run('recover', options, async environment => {
        const {recover} = await import('./recover/recover.ts');
        const {yes = false, force = false, json = false} = options;
        return recover({cluster, yes, force, json}, environment);
      }),
    );
};
