import {readFile} from 'node:fs/promises';
import type {Role} from '../../proto/identity.ts';
import {pemBlocks} from '../../proto/pem.ts';
import {readAuthority} from './authority.ts';
import {renewAuthority} from './certificate.ts';
import {type CertificateFacts, readCertificate} from './facts.ts';
import {findCertificates, nameOf} from './find-certificates.ts';
import {checkDays, issue} from './issue.ts';
import {caFiles} from './layout.ts';
import {listCertificates} from './list.ts';
import {PkiRefused} from './refused.ts';
import {replaceFile} from './write-pair.ts';

export interface RenewOptions {
  /** Which; empty: all that end within `withinDays`. */
  readonly names: readonly string[];
  readonly withinDays: number;
  /** Life in days. Default: as when they were first issued. */
  readonly days?: number;
}

export interface Renewal {
  readonly before: CertificateFacts;
  readonly after: CertificateFacts;
}

/**
 * Issues certificates anew for the same roles, with new keys. Those before stay good, so that both can be used while files are
 * copied. The authority keeps its key and name: what it has issued stays good under its new certificate, and under the old one what
 * comes after.
 */
export const renew = async (dir: string, {names, withinDays, days}: RenewOptions): Promise<readonly Renewal[]> => {
  await readAuthority(dir); // before anything is looked for: without one, nothing can be renewed here
  const chosen =
    names.length > 0
      ? await findCertificates(dir, names)
      : (await listCertificates(dir)).certificates.filter(({daysLeft}) => daysLeft < withinDays);
  const stranger = chosen.find(({kind}) => kind === 'stranger');
  if (stranger !== undefined)
    throw new PkiRefused(`${stranger.file} cannot be renewed: ${stranger.name}`, 'move the file away, or name others');
  // the authority first: nothing that it issues outlives it
  const ordered = [...chosen].sort((a, b) => Number(b.kind === 'ca') - Number(a.kind === 'ca'));
  const renewals: Renewal[] = [];
  for (const before of ordered) renewals.push({before, after: await renewOne(dir, before, days)});
  return renewals;
};

const renewOne = async (dir: string, before: CertificateFacts, days: number | undefined): Promise<CertificateFacts> => {
  const authority = await readAuthority(dir);
  if (before.kind !== 'ca')
    return issue({dir, authority, role: roleOf(before), options: {force: true, ...(days && {days})}});
  const {certificate} = caFiles(dir);
  // others in the file are trusted as well, while one authority takes over from another
  const others = pemBlocks(await readFile(certificate), 'CERTIFICATE').slice(1);
  const renewed = await renewAuthority(authority, {days: checkDays(days ?? 3650)});
  await replaceFile(certificate, [renewed, ...others.map(block => `${block}\n`)].join(''), 0o644);
  return readCertificate(certificate);
};

const roleOf = (facts: CertificateFacts): Role => {
  switch (facts.kind) {
    case 'controller':
      return {kind: 'controller'};
    case 'operator':
      return {kind: 'operator', name: facts.name};
    case 'agent':
      return {kind: 'agent', host: facts.name};
    default:
      throw new Error(`${nameOf(facts)} is no role`);
  }
};
