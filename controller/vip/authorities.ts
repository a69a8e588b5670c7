import {readFileSync} from 'node:fs';
import {rootCertificates} from 'node:tls';
import {CloudFailed} from './cloud.ts';

/**
 * Whom a cloud's API is trusted by where nobody says it; undefined: Node's own way. The hooks run with `--use-openssl-ca`,
 * which saves them the time for Node's own list: where that is needed after all, it is named.
 */
export const usualAuthorities = (): string[] | undefined =>
  process.execArgv.includes('--use-openssl-ca') ? [...rootCertificates] : undefined;

/** Those of AWS_CA_BUNDLE, a PEM file, beside the usual ones. Throws `CloudFailed` when it cannot be read. */
export const authoritiesWith = (file: string | undefined): string[] | undefined =>
  file === undefined ? usualAuthorities() : [...rootCertificates, readAuthorities(file)];

const readAuthorities = (file: string): string => {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new CloudFailed(`aws: AWS_CA_BUNDLE cannot be read: ${(error as Error).message}`, {
      hint: `write the file ${file}, or take AWS_CA_BUNDLE out of the environment of MHA`,
      isWorthAnotherTry: false,
      cause: error,
    });
  }
};
