import {X509Certificate} from 'node:crypto';
import {readFile} from 'node:fs/promises';
import {setTimeout} from 'node:timers/promises';
import {type checkServerIdentity, createSecureContext, type PeerCertificate, type SecureContext} from 'node:tls';
import {certificateChain} from '../../proto/certificate-chain.ts';
import {canonicalHost, describeIdentity, identityOf} from '../../proto/identity.ts';
import {listsOf, readRevocationLists} from '../../proto/revocation-list.ts';

/** The controller's (or an operator's) own TLS files. */
export interface TlsFiles {
  readonly ca: string;
  readonly certificate: string;
  readonly key: string;
  /** Revocation list (PEM). Absent file: nothing is revoked. */
  readonly crl: string | undefined;
}

/** What a client shows and trusts. One object serves any number of agents: making it is what costs. */
export interface ClientCredentials {
  readonly context: SecureContext;
  readonly files: TlsFiles;
  readonly certificate: X509Certificate;
  /** The authorities above it, as far as `ca` reaches; undefined: none of those has issued it. Found out when asked for. */
  authorities(): readonly X509Certificate[] | undefined;
  /** The revocation lists as they were read; undefined: no file. */
  readonly crl: Buffer | undefined;
}

/** The client's own TLS files cannot be used. */
export class CredentialsInvalid extends Error {
  override readonly name = 'CredentialsInvalid';
  /** What the operator does next. */
  readonly hint: string;

  constructor(message: string, hint: string, cause?: unknown) {
    super(message, {cause});
    this.hint = hint;
  }
}

/** Key and certificate are replaced one after the other: who reads between the two reads again. */
const readAgain = {times: 10, afterMs: 100} as const;

/**
 * Reads the TLS files. Throws CredentialsInvalid when they are missing or unreadable, or do not belong together even
 * after a second.
 */
export const clientCredentials = async (files: TlsFiles): Promise<ClientCredentials> => {
  for (let tries = 0; ; tries++) {
    const material = await readMaterial(files);
    try {
      return build(files, material);
    } catch (error) {
      if (tries >= readAgain.times) throw doNotFit(files, error);
      await setTimeout(readAgain.afterMs);
    }
  }
};

interface Material {
  readonly ca: Buffer;
  readonly cert: Buffer;
  readonly key: Buffer;
  readonly crl: Buffer | undefined;
}

const readMaterial = async (files: TlsFiles): Promise<Material> => {
  const reading = [
    read(files.ca),
    read(files.certificate),
    read(files.key),
    files.crl === undefined ? undefined : readIfThere(files.crl),
  ] as const;
  await Promise.allSettled(reading); // of several that are missing, the first is named, whichever was found out first
  return {ca: await reading[0], cert: await reading[1], key: await reading[2], crl: await reading[3]};
};

const build = (files: TlsFiles, {ca, cert, key, crl}: Material): ClientCredentials => {
  new X509Certificate(ca); // throws on what TLS would silently trust nobody with
  return {
    // each list by itself: of a text with several, Node reads the first only
    context: createSecureContext({ca, cert, key, ...(crl && {crl: readLists(crl)}), minVersion: 'TLSv1.3'}),
    files,
    certificate: new X509Certificate(cert),
    authorities: () => certificateChain(cert, ca)?.slice(1),
    crl,
  };
};

const readLists = (crl: Buffer): string[] => {
  const lists = listsOf(crl);
  if (lists.length === 0) throw new Error('the revocation list is not a PEM file');
  return [...lists];
};

const doNotFit = (files: TlsFiles, error: unknown): CredentialsInvalid =>
  new CredentialsInvalid(
    `cannot use ${files.certificate} with ${files.key} and ${files.ca}`,
    'all must be PEM files, and the key must belong to the certificate: mha-helper pki list',
    error,
  );

/** When the first revocation list is out of date and TLS trusts no agent any more; undefined: never. */
export const trustedListEnd = ({crl}: ClientCredentials): number | undefined =>
  crl === undefined ? undefined : readRevocationLists(crl).nextUpdateMs;

/** The agent that answered is another host's, or none. */
export class WrongAgent extends Error {
  override readonly name = 'WrongAgent';
}

/** Sent instead of a host name: the certificate check compares with the host's section, never with this. */
export const serverName = 'mha-helper-agent';

/** Accepts only the certificate of exactly this host's agent, however the host was reached. */
export const demandAgent = (host: string): typeof checkServerIdentity => {
  const expected = canonicalHost(host);
  return (_servername: string, certificate: Pick<PeerCertificate, 'subjectaltname'>): Error | undefined => {
    const identity = identityOf(certificate.subjectaltname);
    if (identity.kind === 'agent' && identity.host === expected) return undefined;
    const found =
      identity.kind === 'stranger' ? `a certificate of nobody (${identity.why})` : describeIdentity(identity);
    return new WrongAgent(`expected agent/${expected ?? host}, found ${found}`);
  };
};

const read = async (file: string): Promise<Buffer> => {
  try {
    return await readFile(file);
  } catch (error) {
    throw new CredentialsInvalid(`cannot read ${file}`, 'issue it with: mha-helper pki issue controller', error);
  }
};

const readIfThere = async (file: string): Promise<Buffer | undefined> => {
  try {
    return await readFile(file);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw new CredentialsInvalid(
      `cannot read ${file}`,
      'make it readable, or remove it when nothing is revoked',
      error,
    );
  }
};
