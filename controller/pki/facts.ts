import {X509Certificate} from 'node:crypto';
import {readFile} from 'node:fs/promises';
import {type Identity, identityOf} from '../../proto/identity.ts';

/** What a person wants to know of one certificate. */
export interface CertificateFacts {
  readonly file: string;
  readonly kind: 'ca' | Identity['kind'];
  /** The host, the operator's name, else the kind itself. */
  readonly name: string;
  /** Hexadecimal, upper case. */
  readonly serial: string;
  readonly notAfter: Date;
  /** Whole days left; negative once expired. */
  readonly daysLeft: number;
}

export const readCertificate = async (file: string, now = Date.now()): Promise<CertificateFacts> => {
  const certificate = new X509Certificate(await readFile(file));
  const notAfter = new Date(certificate.validTo);
  return {
    file,
    ...whose(certificate),
    serial: certificate.serialNumber,
    notAfter,
    daysLeft: Math.floor((notAfter.getTime() - now) / 86_400_000),
  };
};

const whose = (certificate: X509Certificate): {kind: CertificateFacts['kind']; name: string} => {
  if (certificate.ca) return {kind: 'ca', name: 'ca'};
  const identity = identityOf(certificate.subjectAltName);
  switch (identity.kind) {
    case 'agent':
      return {kind: 'agent', name: identity.host};
    case 'operator':
      return {kind: 'operator', name: identity.name};
    case 'controller':
      return {kind: 'controller', name: 'controller'};
    case 'stranger':
      return {kind: 'stranger', name: identity.why};
  }
};
