import {isIP} from 'node:net';
import {canonicalHost, describeIdentity, isOperatorName, type Role, roleUri} from '../../proto/identity.ts';
import {readAuthority} from './authority.ts';
import {type Authority, createAuthority, createLeaf, type LeafRequest} from './certificate.ts';
import {type CertificateFacts, readCertificate} from './facts.ts';
import {caFiles, roleFiles} from './layout.ts';
import {PkiRefused} from './refused.ts';
import {refuseExisting, writePair} from './write-pair.ts';

export interface IssueOptions {
  /** Replace what is there. The replaced certificate stays valid until it expires or is revoked. */
  readonly force?: boolean;
  /** Life in days. Default: 3650 for the authority, 730 for all others, never beyond the authority's end. */
  readonly days?: number;
}

/** Creates the authority. */
export const initPki = async (dir: string, options: IssueOptions = {}): Promise<CertificateFacts> => {
  const files = caFiles(dir);
  if (!options.force) await refuseExisting(files);
  const pair = await createAuthority('mha-helper CA', {days: checkDays(options.days ?? 3650)});
  await writePair(files, pair, {replace: options.force ?? false});
  return readCertificate(files.certificate);
};

/** Issues the certificate of the manager host: it may call everything. */
export const issueController = async (dir: string, options: IssueOptions = {}): Promise<CertificateFacts> =>
  issueOne(dir, {kind: 'controller'}, options);

/** Issues a certificate for a person or a monitoring system: it may look and changes nothing. */
export const issueOperator = async (
  dir: string,
  name: string,
  options: IssueOptions = {},
): Promise<CertificateFacts> => {
  if (!isOperatorName(name)) {
    throw new PkiRefused(
      `${JSON.stringify(name)} cannot be an operator's name`,
      'use letters, digits, dot, dash and underscore, 63 at most, beginning with a letter or digit',
    );
  }
  return issueOne(dir, {kind: 'operator', name}, options);
};

/** Issues one certificate for each host. Either all host names are good and free, or nothing is written. */
export const issueAgent = async (
  dir: string,
  hosts: readonly string[],
  options: IssueOptions = {},
): Promise<readonly CertificateFacts[]> => {
  const roles = [...new Set(hosts.map(checkHost))].map(host => ({kind: 'agent', host}) as const);
  const authority = await readAuthority(dir);
  if (!options.force) await Promise.all(roles.map(role => refuseExisting(roleFiles(dir, role))));
  const issued: CertificateFacts[] = [];
  for (const role of roles) issued.push(await issue({dir, authority, role, options}));
  return issued;
};

const issueOne = async (dir: string, role: Role, options: IssueOptions): Promise<CertificateFacts> => {
  const authority = await readAuthority(dir);
  if (!options.force) await refuseExisting(roleFiles(dir, role));
  return issue({dir, authority, role, options});
};

export interface Order {
  readonly dir: string;
  readonly authority: Authority;
  readonly role: Role;
  readonly options: IssueOptions;
}

/** Issues it whatever is there, if the options say so. */
export const issue = async ({dir, authority, role, options}: Order): Promise<CertificateFacts> => {
  const files = roleFiles(dir, role);
  const pair = await createLeaf(authority, leafFor(role, options.days ?? 730));
  await writePair(files, pair, {replace: options.force ?? false});
  return readCertificate(files.certificate);
};

/** What a certificate of this role carries. */
export const leafFor = (role: Role, days: number): LeafRequest => ({
  commonName: describeIdentity(role).slice(0, 64),
  altNames: [...hostNames(role), {type: 'url', value: roleUri(role)}],
  usage: role.kind === 'agent' ? 'server' : 'client',
  validity: {days: checkDays(days)},
});

const hostNames = (role: Role): LeafRequest['altNames'] => {
  if (role.kind !== 'agent') return [];
  return [{type: isIP(role.host) === 0 ? 'dns' : 'ip', value: role.host}];
};

const checkHost = (host: string): string => {
  const name = canonicalHost(host);
  if (name !== undefined) return name;
  throw new PkiRefused(
    `${JSON.stringify(host)} is not a host name`,
    'give the name of the host section in the cluster configuration: letters, digits, dot, dash, underscore, or an IP address',
  );
};

/** Throws PkiRefused on a life that makes no sense. */
export const checkDays = (days: number): number => {
  if (Number.isFinite(days) && days > 0 && days <= 36_500) return days;
  throw new PkiRefused(`a life of ${days} days makes no sense`, 'give a number of days between 1 and 36500');
};
