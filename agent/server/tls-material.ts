import {X509Certificate} from 'node:crypto';
import {readFile} from 'node:fs/promises';
import {certificateChain} from '../../proto/certificate-chain.ts';
import {canonicalHost, describeIdentity, identityOf} from '../../proto/identity.ts';
import type {TlsFiles} from '../config/agent-config.ts';

/** The contents of the agent's TLS files. */
export interface TlsMaterial {
  readonly ca: Buffer;
  readonly certificate: Buffer;
  readonly key: Buffer;
  readonly crl: Buffer | undefined;
}

/** Reads all TLS files. Only the revocation list may be absent. */
export const readTlsMaterial = async (files: TlsFiles): Promise<TlsMaterial> => {
  const [ca, certificate, key, crl] = await Promise.all([
    readFile(files.ca),
    readFile(files.certificate),
    readFile(files.key),
    files.crl === undefined ? undefined : readIfThere(files.crl),
  ]);
  return {ca, certificate, key, crl};
};

export const isSameMaterial = (a: TlsMaterial, b: TlsMaterial): boolean =>
  a.ca.equals(b.ca) &&
  a.certificate.equals(b.certificate) &&
  a.key.equals(b.key) &&
  (a.crl === undefined ? b.crl === undefined : b.crl !== undefined && a.crl.equals(b.crl));

/**
 * The agent's certificate and all that vouch for it, when it is one that this agent could serve with; throws a sentence for
 * a person otherwise.
 */
export const checkCertificate = (material: TlsMaterial, files: TlsFiles, host: string): readonly X509Certificate[] => {
  const certificate = new X509Certificate(material.certificate);
  const identity = identityOf(certificate.subjectAltName);
  if (identity.kind === 'stranger') throw new Error(`${files.certificate}: ${identity.why}`);
  if (identity.kind !== 'agent' || identity.host !== canonicalHost(host)) {
    throw new Error(`${files.certificate} is for ${describeIdentity(identity)}, but this host is agent/${host}`);
  }
  const chain = certificateChain(material.certificate, material.ca);
  if (chain === undefined) throw new Error(`${files.certificate} was not issued by the authority in ${files.ca}`);
  return chain;
};

const readIfThere = async (file: string): Promise<Buffer | undefined> => {
  try {
    return await readFile(file);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
};
