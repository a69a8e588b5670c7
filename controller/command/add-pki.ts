import type {Command} from 'commander';
import {configDir, examples, type Run} from './command-line.ts';
import type {PkiOptions} from './pki.ts';
import type {RenewCommandOptions} from './pki-changes.ts';

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
  addRenew(pki, run);
  addRevoke(pki, run);
  addList(pki, run);
};

const load = () => import('./pki.ts');
const loadChanges = () => import('./pki-changes.ts');

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

const addRenew = (pki: Command, run: Run): void => {
  withDirectory(
    pki.command('renew').description('issue again what ends soon; what was before stays good until its end'),
  )
    .argument('[name...]', 'ca, controller, a host or an operator, as pki list shows them; default: all that end soon')
    .option('--within <days>', 'what soon is (default: 30)')
    .option('--all', 'everything, however long it still lives')
    .option('--days <days>', 'life in days (default: as when issued first)')
    .addHelpText('after', examples('mha-helper pki renew', 'mha-helper pki renew controller agent/db1'))
    .action((names: string[], options: RenewCommandOptions & Options) =>
      run('pki renew', options, async given => (await loadChanges()).renewCertificates(names, options, given)),
    );
};

const addRevoke = (pki: Command, run: Run): void => {
  withDirectory(pki.command('revoke').description('refuse a certificate from now on: it goes on the list crl.pem'))
    .argument('<certificate...>', 'a host, an operator or controller, or the serial number of one that was replaced')
    .addHelpText('after', examples('mha-helper pki revoke operator/alice', 'mha-helper pki revoke agent/db1'))
    .action((wanted: string[], options: Options) =>
      run('pki revoke', options, async given => (await loadChanges()).revokeCertificates(wanted, options, given)),
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
