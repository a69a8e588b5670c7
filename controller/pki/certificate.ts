// The certificate library resolves its parts through tsyringe, which wants this polyfill loaded first.
import 'reflect-metadata';
import {randomBytes, webcrypto} from 'node:crypto';
import * as x509 from '@peculiar/x509';
import type {Pair} from './write-pair.ts';

export const algorithm = {name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256'} as const;
const msPerDay = 86_400_000;
/** Certificates begin in the past: a host whose clock is behind must not refuse a fresh one. */
const backdateMs = 3_600_000;

export interface Validity {
  readonly days: number;
  /** Start. Default: one hour ago. */
  readonly notBefore?: Date | undefined;
}

export interface Authority {
  readonly certificate: x509.X509Certificate;
  readonly key: webcrypto.CryptoKey;
}

export interface LeafRequest {
  /** Subject, for people only. */
  readonly commonName: string;
  readonly altNames: readonly {readonly type: 'dns' | 'ip' | 'url'; readonly value: string}[];
  readonly usage: 'server' | 'client';
  readonly validity: Validity;
}

/** A self-signed authority that can issue leaves and revocation lists, nothing else. */
export const createAuthority = async (commonName: string, validity: Validity): Promise<Pair> => {
  const keys = await generateKeys();
  return toPair(await selfSign({name: [{CN: [commonName]}], keys, validity}), keys.privateKey);
};

/** A new certificate for the authority's key and name, as PEM. */
export const renewAuthority = async ({certificate, key}: Authority, validity: Validity): Promise<string> => {
  const publicKey = await certificate.publicKey.export(algorithm, ['verify']);
  return toPem(await selfSign({name: certificate.subject, keys: {privateKey: key, publicKey}, validity}));
};

const selfSign = async ({
  name,
  keys,
  validity,
}: {
  readonly name: x509.X509CertificateCreateSelfSignedParams['name'];
  readonly keys: webcrypto.CryptoKeyPair;
  readonly validity: Validity;
}): Promise<x509.X509Certificate> =>
  x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: randomSerial(),
    ...(name === undefined ? {} : {name}),
    ...period(validity),
    keys,
    signingAlgorithm: algorithm,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });

/** A certificate for one side of mutual TLS: a server's never works as a client's, nor the other way round. */
export const createLeaf = async (authority: Authority, request: LeafRequest): Promise<Pair> => {
  const keys = await generateKeys();
  const {notBefore, notAfter} = period(request.validity);
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: randomSerial(),
    subject: [{CN: [request.commonName]}],
    issuer: authority.certificate.subjectName,
    notBefore,
    notAfter: earlier(notAfter, authority.certificate.notAfter),
    publicKey: keys.publicKey,
    signingKey: authority.key,
    signingAlgorithm: algorithm,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([extendedUsage[request.usage]]),
      new x509.SubjectAlternativeNameExtension([...request.altNames]),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
      await x509.AuthorityKeyIdentifierExtension.create(authority.certificate.publicKey),
    ],
  });
  return toPair(certificate, keys.privateKey);
};

/** Throws when the two do not belong together or cannot be read. */
export const parseAuthority = async ({certificatePem, keyPem}: Pair): Promise<Authority> => ({
  certificate: new x509.X509Certificate(certificatePem),
  key: await webcrypto.subtle.importKey('pkcs8', x509.PemConverter.decodeFirst(keyPem), algorithm, false, ['sign']),
});

const extendedUsage = {
  server: x509.ExtendedKeyUsage.serverAuth,
  client: x509.ExtendedKeyUsage.clientAuth,
} as const;

const generateKeys = (): Promise<webcrypto.CryptoKeyPair> =>
  webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);

/** 127 random bits; the leading byte keeps the number positive and its length fixed. */
const randomSerial = (): string => `4${randomBytes(16).toString('hex').slice(1)}`;

/** A life of N days counts from now; backdating does not shorten it. */
const period = ({days, notBefore}: Validity): {notBefore: Date; notAfter: Date} => ({
  notBefore: notBefore ?? new Date(Date.now() - backdateMs),
  notAfter: new Date((notBefore?.getTime() ?? Date.now()) + days * msPerDay),
});

const earlier = (a: Date, b: Date): Date => (a < b ? a : b);

const toPair = async (certificate: x509.X509Certificate, key: webcrypto.CryptoKey): Promise<Pair> => ({
  certificatePem: toPem(certificate),
  keyPem: `${x509.PemConverter.encode(await webcrypto.subtle.exportKey('pkcs8', key), 'PRIVATE KEY')}\n`,
});

const toPem = (certificate: x509.X509Certificate): string => `${certificate.toString('pem')}\n`;
