import 'reflect-metadata';
import * as x509 from '@peculiar/x509';
import {type Authority, algorithm} from './certificate.ts';

/** A revocation list of this authority that names these serial numbers, as PEM. It is good as long as the authority is. */
export const createRevocationList = async (
  {certificate, key}: Authority,
  revoked: readonly Revoked[],
): Promise<string> => {
  const list = await x509.X509CrlGenerator.create({
    issuer: certificate.subjectName,
    // a host whose clock is behind must not refuse a fresh list
    thisUpdate: new Date(Date.now() - 3_600_000),
    // A list out of date is refused by TLS, and every agent with it: nobody shall have to renew ours.
    nextUpdate: certificate.notAfter,
    entries: revoked.map(({serial, at}) => ({serialNumber: serial, revocationDate: at})),
    extensions: [await x509.AuthorityKeyIdentifierExtension.create(certificate.publicKey), listNumber(revoked.length)],
    signingAlgorithm: algorithm,
    signingKey: key,
  });
  // The library's own PEM form says `CRL`, which OpenSSL does not read.
  return `${x509.PemConverter.encode(list.rawData, 'X509 CRL')}\n`;
};

export interface Revoked {
  /** Hexadecimal, lower case. */
  readonly serial: string;
  readonly at: Date;
}

/** What a list names; undefined: it cannot be read, or another authority has signed it. */
export const readRevoked = async (pem: string, {certificate}: Authority): Promise<readonly Revoked[] | undefined> => {
  try {
    const list = new x509.X509Crl(x509.PemConverter.decodeFirst(pem));
    if (!(await list.verify({publicKey: certificate}))) return undefined;
    return list.entries.map(({serialNumber, revocationDate}) => ({
      serial: serialNumber.toLowerCase(),
      at: revocationDate,
    }));
  } catch {
    return undefined; // The caller tells what to do about it.
  }
};

/** Lists only grow, so the number of their entries numbers them. */
const listNumber = (entries: number): x509.Extension => {
  const digits = Buffer.alloc(6);
  digits.writeUIntBE(entries, 0, 6);
  return new x509.Extension('2.5.29.20', false, Buffer.from([0x02, 6, ...digits]));
};
