import {readdir} from 'node:fs/promises';
import {join} from 'node:path';
import {type CertificateFacts, readCertificate} from './facts.ts';

export interface CertificateList {
  readonly certificates: readonly CertificateFacts[];
  /** Files that look like certificates and cannot be read. */
  readonly unreadable: readonly {readonly file: string; readonly problem: string}[];
}

/** Everything the directory holds: the authority, the controller, then agents and operators by name. */
export const listCertificates = async (dir: string, now = Date.now()): Promise<CertificateList> => {
  const files = (await Promise.all([dir, join(dir, 'agents'), join(dir, 'operators')].map(certificateFiles))).flat();
  const certificates: CertificateFacts[] = [];
  const unreadable: {file: string; problem: string}[] = [];
  for (const file of files) {
    try {
      certificates.push(await readCertificate(file, now));
    } catch (error) {
      unreadable.push({file, problem: error instanceof Error ? error.message : String(error)});
    }
  }
  return {certificates, unreadable};
};

const certificateFiles = async (dir: string): Promise<readonly string[]> => {
  try {
    const names = await readdir(dir);
    return names
      .filter(name => name.endsWith('.crt'))
      .sort()
      .map(name => join(dir, name));
  } catch (error) {
    // A directory that is not there has nothing issued in it.
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
    throw error;
  }
};
