import {X509Certificate} from 'node:crypto';
import {readFile} from 'node:fs/promises';
import {type checkServerIdentity, createSecureContext, type PeerCertificate, type SecureContext} from 'node:tls';
import {canonicalHost, describeIdentity, identityOf} from '../../proto/identity.ts';

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
  readonly authority: X509Certificate;
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

/** Reads the TLS files. Throws CredentialsInvalid when they are missing, unreadable or do not belong together. */
export const clientCredentials = async (files: TlsFiles): Promise<ClientCredentials> => {
  const [ca, cert, key, crl] = await Promise.all([
    read(files.ca),
    read(files.certificate),
    read(files.key),
    files.crl === undefined ? undefined : readIfThere(files.crl),
  ]);
  try {
    return {
      context: createSecureContext({ca, cert, key, ...(crl === undefined ? {} : {crl}), minVersion: 'TLSv1.3'}),
      files,
      certificate: new X509Certificate(cert),
      authority: new X509Certificate(ca),
    };
  } catch (error) {
    throw new CredentialsInvalid(
      `cannot use ${files.certificate} with ${files.key} and ${files.ca}`,
      'all three must be PEM files, and the key must belong to the certificate: mha-helper pki list',
      error,
    );
  }
};

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
