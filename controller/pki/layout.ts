import {join} from 'node:path';
import type {Role} from '../../proto/identity.ts';

/** Where `mha-helper pki` keeps the CA and everything it issued. */
export const defaultPkiDir = '/etc/mha-helper/pki';

export interface CertificateFiles {
  readonly certificate: string;
  readonly key: string;
}

export const caFiles = (dir: string): CertificateFiles => filesNamed(join(dir, 'ca'));

export const roleFiles = (dir: string, role: Role): CertificateFiles => filesNamed(join(dir, fileStem(role)));

/** The revocation list lies beside the CA; absent means nothing is revoked. */
export const crlFile = (dir: string): string => join(dir, 'crl.pem');

const filesNamed = (stem: string): CertificateFiles => ({certificate: `${stem}.crt`, key: `${stem}.key`});

const fileStem = (role: Role): string => {
  switch (role.kind) {
    case 'controller':
      return 'controller';
    case 'operator':
      return join('operators', role.name);
    case 'agent':
      return join('agents', role.host);
  }
};
