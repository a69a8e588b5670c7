import type {CertificateFacts} from './facts.ts';
import {listCertificates} from './list.ts';
import {PkiRefused} from './refused.ts';

/**
 * Certificates of the directory by name: `controller`, `ca`, `agent/db10` or just `db10`. Throws PkiRefused when one is not there, or
 * when a host and an operator share it.
 */
export const findCertificates = async (dir: string, names: readonly string[]): Promise<readonly CertificateFacts[]> => {
  const {certificates} = await listCertificates(dir);
  return [...new Set(names)].map(name => {
    const found = certificates.filter(one => nameOf(one) === name || one.name === name);
    const [first, second] = found;
    if (first === undefined)
      throw new PkiRefused(`there is no certificate of ${JSON.stringify(name)} in ${dir}`, 'see: mha-helper pki list');
    if (second !== undefined)
      throw new PkiRefused(
        `${JSON.stringify(name)} is the name of several`,
        `write one of: ${found.map(nameOf).join(', ')}`,
      );
    return first;
  });
};

/** `ca`, `controller`, `agent/db10`, `operator/alice`. */
export const nameOf = ({kind, name}: CertificateFacts): string => (kind === name ? kind : `${kind}/${name}`);
