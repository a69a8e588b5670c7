import type {Command} from 'commander';
import {configDir, examples, type Run} from './command-line.ts';
import type {PkiOptions} from './pki.ts';

type Options = PkiOptions & {readonly configDir?: string};

/** `mha-helper pki …`: the certificate library is loaded only when one of these is used. */
export const addPki = (program: Command, run: Run): void => {
  const pki = program
    .command('pki')
    .description('the private certificate authority of controller and agents')
    .addHelpText('after', examples('mha-helper pki init', 'mha-helper pki issue controller', 'mha-helper pki list'));
  addInit(pki, run);
  const issue = pki
    .command('issue')
    .description('issue a certificate')
    .addHelpText('after', examples('mha-helper pki issue controller', 'mha-helper pki issue agent db1 db2'));
  addIssueController(issue, run);
  addIssueAgent(issue, run);
  addIssueOperator(issue, run);
  addList(pki, run);
};

const load = () => import('./pki.ts');

const addInit = (pki: Command, run: Run): void => {
  withLife(pki.command('init').description('create the authority'), 3650)
    .addHelpText('after', examples('mha-helper pki init', 'mha-helper pki init --dir /root/mha-pki'))
    .action((options: Options) =>
      run('pki init', options, async given => (await load()).initAuthority(options, given)),
    );
};

const addIssueController = (issue: Command, run: Run): void => {
  withLife(issue.command('controller').description('for the manager host: it may change things'), 730)
    .addHelpText('after', examples('mha-helper pki issue controller'))
    .action((options: Options) =>
      run('pki issue controller', options, async given => (await load()).issueForController(options, given)),
    );
};

const addIssueAgent = (issue: Command, run: Run): void => {
  withLife(issue.command('agent').description('for MySQL hosts, one certificate each'), 730)
    .argument('<host...>', 'as the sections of the cluster file call them, without a port')
    .addHelpText('after', examples('mha-helper pki issue agent db1 db2 db3', 'mha-helper pki issue agent db1 --force'))
    .action((hosts: string[], options: Options) =>
      run('pki issue agent', options, async given => (await load()).issueForAgents(hosts, options, given)),
    );
};

const addIssueOperator = (issue: Command, run: Run): void => {
  withLife(issue.command('operator').description('for people and monitoring: they may only look'), 730)
    .argument('<name>', 'letters, digits, dot, dash and underscore')
    .addHelpText('after', examples('mha-helper pki issue operator alice'))
    .action((name: string, options: Options) =>
      run('pki issue operator', options, async given => (await load()).issueForOperator(name, options, given)),
    );
};

const addList = (pki: Command, run: Run): void => {
  withDirectory(pki.command('list').description('show what was issued, and when it ends'))
    .option('--json', 'as JSON')
    .addHelpText('after', examples('mha-helper pki list', 'mha-helper pki list --json'))
    .action((options: Options) => run('pki list', options, async given => (await load()).listIssued(options, given)));
};

const withDirectory = (command: Command): Command =>
  command
    .option('--dir <dir>', 'directory of authority and certificates (default: pki in the config directory)')
    .option(...configDir);

const withLife = (command: Command, days: number): Command =>
  withDirectory(command)
    .option('--days <days>', `life in days (default: ${days})`)
    .option('--force', 'replace what is there; the old one stays valid');
