import {readFile} from 'node:fs/promises';
import {type Authority, parseAuthority} from './certificate.ts';
import {caFiles} from './layout.ts';
import {PkiRefused} from './refused.ts';

/** The authority of a directory, ready to sign. Throws PkiRefused where there is none. */
export const readAuthority = async (dir: string): Promise<Authority> => {
  const files = caFiles(dir);
  try {
    const [certificatePem, keyPem] = await Promise.all([
      readFile(files.certificate, 'utf8'),
      readFile(files.key, 'utf8'),
    ]);
    return await parseAuthority({certificatePem, keyPem});
  } catch (error) {
    throw new PkiRefused(
      `there is no usable certificate authority in ${dir}`,
      `run: mha-helper pki init; where certificates come from a CA of your own, renew and revoke them there`,
      error,
    );
  }
};
