import {basename, join} from 'node:path';
import type {CertificateFacts} from '../pki/facts.ts';
import {type IssueOptions, initPki, issueAgent, issueController, issueOperator} from '../pki/issue.ts';
import {caFiles} from '../pki/layout.ts';
import {type CertificateList, listCertificates} from '../pki/list.ts';
import {revokedIn} from '../pki/revoke.ts';
import {CommandMisused} from './command-misused.ts';
import type {CommandEnvironment} from './environment.ts';
import {toLine} from './terminal/plain.ts';
import {renderTable} from './terminal/table.ts';

export interface PkiOptions {
  readonly dir?: string;
  readonly force?: boolean;
  readonly days?: string;
  readonly json?: boolean;
}

export const initAuthority = async (options: PkiOptions, environment: CommandEnvironment): Promise<number> => {
  const dir = directoryOf(options, environment);
  const authority = await initPki(dir, issueOptions(options));
  environment.tell(sayIssued(authority));
  environment.tell(`Keep ${caFiles(dir).key} secret: whoever has it can pass for the controller.`);
  return 0;
};

export const issueForController = async (options: PkiOptions, environment: CommandEnvironment): Promise<number> => {
  environment.tell(sayIssued(await issueController(directoryOf(options, environment), issueOptions(options))));
  return 0;
};

export const issueForAgents = async (
  hosts: readonly string[],
  options: PkiOptions,
  environment: CommandEnvironment,
): Promise<number> => {
  const dir = directoryOf(options, environment);
  for (const issued of await issueAgent(dir, hosts, issueOptions(options))) {
    environment.tell(sayIssued(issued));
    for (const line of sayWhatToCopy(issued, dir)) environment.tell(line);
  }
  return 0;
};

export const issueForOperator = async (
  name: string,
  options: PkiOptions,
  environment: CommandEnvironment,
): Promise<number> => {
  environment.tell(sayIssued(await issueOperator(directoryOf(options, environment), name, issueOptions(options))));
  return 0;
};

/** Exit code 1 when something cannot be read or has expired. */
export const listIssued = async (options: PkiOptions, environment: CommandEnvironment): Promise<number> => {
  const dir = directoryOf(options, environment);
  const [list, revoked] = await Promise.all([listCertificates(dir), revokedIn(dir)]);
  if (options.json === true) environment.tell(JSON.stringify(listJson(list, revoked)));
  else tellList({...list, revoked}, dir, environment);
  const isFine = list.unreadable.length === 0 && list.certificates.every(({daysLeft}) => daysLeft >= 0);
  return isFine ? 0 : 1;
};

export const directoryOf = ({dir}: PkiOptions, {configDirectory}: CommandEnvironment): string =>
  dir ?? join(configDirectory, 'pki');

const issueOptions = ({force, days}: PkiOptions): IssueOptions => ({
  force: force === true,
  ...(days === undefined ? {} : {days: parseDays(days)}),
});

export const parseDays = (text: string, option = '--days'): number => {
  if (/^\d{1,5}$/.test(text)) return Number(text);
  throw new CommandMisused(`${option} ${JSON.stringify(text)} is no number of days`, 'write a whole number, like 730');
};

const sayIssued = ({kind, name, file, notAfter}: CertificateFacts): string =>
  `issued ${kind === name ? kind : `${kind} ${name}`}, good until ${sayDate(notAfter)}: ${file}`;

export const sayDate = (date: Date): string => date.toISOString().slice(0, 10);

export const sayWhatToCopy = ({name, file}: CertificateFacts, dir: string): readonly string[] => [
  `  copy to ${name}: ${caFiles(dir).certificate} and ${basename(file)} (mode 0644), ${basename(file, '.crt')}.key (mode 0600, owner: the agent's user)`,
  `  there as:${' '.repeat(name.length)} /etc/mha-helper/pki/ca.crt, agent.crt and agent.key; ca.key never leaves this host`,
];

const tellList = (
  {certificates, unreadable, revoked}: CertificateList & {readonly revoked: ReadonlySet<string>},
  dir: string,
  {tell, complain, terminal}: CommandEnvironment,
): void => {
  const rows = certificates.map(({kind, name, daysLeft, notAfter, serial}) => [
    {text: kind},
    {text: toLine(name, terminal)},
    isIn(revoked, serial)
      ? {text: 'revoked', style: 'bad' as const}
      : {
          text: String(daysLeft),
          style: daysLeft < 0 ? ('bad' as const) : daysLeft < 30 ? ('warning' as const) : undefined,
        },
    {text: sayDate(notAfter)},
    {text: serial.toLowerCase()},
  ]);
  const columns = [
    {title: 'ROLE'},
    {title: 'NAME', shrinksTo: 12},
    {title: 'DAYS', align: 'right'},
    {title: 'ENDS'},
    {title: 'SERIAL'},
  ] as const;
  if (rows.length === 0 && unreadable.length === 0)
    tell(`nothing was issued in ${dir}; begin with: mha-helper pki init`);
  else for (const line of renderTable(columns, rows, {terminal, indent: ''})) tell(line);
  for (const {file, problem} of unreadable) complain(`${file}: ${toLine(problem, terminal)}`);
};

const isIn = (revoked: ReadonlySet<string>, serial: string): boolean => revoked.has(serial.toLowerCase());

const listJson = ({certificates, unreadable}: CertificateList, revoked: ReadonlySet<string>) => ({
  certificates: certificates.map(({file, kind, name, serial, notAfter, daysLeft}) => ({
    role: kind,
    name,
    file,
    serial: serial.toLowerCase(),
    not_after: notAfter.toISOString(),
    days_left: daysLeft,
    revoked: isIn(revoked, serial),
  })),
  unreadable,
});
