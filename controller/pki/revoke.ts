import {readFile} from 'node:fs/promises';
import {readAuthority} from './authority.ts';
import type {Authority} from './certificate.ts';
import type {CertificateFacts} from './facts.ts';
import {findCertificates} from './find-certificates.ts';
import {crlFile} from './layout.ts';
import {PkiRefused} from './refused.ts';
import {createRevocationList, type Revoked, readRevoked} from './revocation-list.ts';
import {replaceFile} from './write-pair.ts';

export interface Revocation {
  /** The revocation list, which every host needs a copy of. */
  readonly file: string;
  /** Serial numbers that it did not name before. */
  readonly added: readonly string[];
  /** How many it names now. */
  readonly total: number;
  /** Those of the revoked that lie in the directory. */
  readonly certificates: readonly CertificateFacts[];
}

/**
 * Adds certificates to the revocation list: by name, as the directory holds them now, or by serial number, for one that has been
 * replaced. Again is no error. Throws PkiRefused when one of them is not known; then nothing is written.
 */
export const revoke = async (dir: string, wanted: readonly string[]): Promise<Revocation> => {
  const authority = await readAuthority(dir);
  const serials = wanted.filter(isSerial).map(serial => serial.toLowerCase());
  const certificates = await findCertificates(
    dir,
    wanted.filter(one => !isSerial(one)),
  );
  for (const {kind} of certificates) if (kind === 'ca') throw cannotRevokeAuthority();
  const file = crlFile(dir);
  const before = await readText(file);
  const known = await alreadyRevoked(file, before, authority);
  const asked = new Set([...serials, ...certificates.map(({serial}) => serial.toLowerCase())]);
  const added = [...asked].filter(serial => !known.some(one => one.serial === serial));
  const all = [...known, ...added.map(serial => ({serial, at: new Date()}))];
  const list = await createRevocationList(authority, all);
  if ((await readText(file)) !== before)
    throw new PkiRefused(`${file} has changed meanwhile: another command revokes as well`, 'run it again');
  await replaceFile(file, list, 0o644);
  return {file, added, total: all.length, certificates};
};

/** Serial numbers (hexadecimal, lower case) that the directory's list names; none without list or authority. */
export const revokedIn = async (dir: string): Promise<ReadonlySet<string>> => {
  const pem = await readText(crlFile(dir));
  const authority = pem === undefined ? undefined : await readAuthority(dir).catch(() => undefined);
  if (pem === undefined || authority === undefined) return new Set();
  return new Set((await readRevoked(pem, authority))?.map(({serial}) => serial));
};

/** Ours have 32 digits; no host is called like that. */
const isSerial = (text: string): boolean => /^[0-9a-f]{16,40}$/i.test(text);

const alreadyRevoked = async (
  file: string,
  pem: string | undefined,
  authority: Authority,
): Promise<readonly Revoked[]> => {
  const known = pem === undefined ? [] : await readRevoked(pem, authority);
  if (known !== undefined) return known;
  throw new PkiRefused(
    `${file} is not a revocation list of this authority`,
    'if the authority was replaced, its certificates are worth nothing and the list can go: remove the file',
  );
};

const cannotRevokeAuthority = (): PkiRefused =>
  new PkiRefused(
    'the authority itself cannot be revoked',
    'make another one (mha-helper pki init --dir NEW) and take its ca.crt to every host; see docs/certificates.md',
  );

const readText = async (file: string): Promise<string | undefined> => {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
};
