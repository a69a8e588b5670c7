import {readFileSync} from 'node:fs';
import {rootCertificates} from 'node:tls';

/**
 * Whom a cloud's API is trusted by where nobody says it; undefined: Node's own way. The hooks run with `--use-openssl-ca`,
 * which saves them the time for Node's own list: where that is needed after all, it is named.
 */
export const usualAuthorities = (): string[] | undefined =>
  process.execArgv.includes('--use-openssl-ca') ? [...rootCertificates] : undefined;

/** Those of a PEM file beside the usual ones. */
export const authoritiesWith = (file: string | undefined): string[] | undefined =>
  file === undefined ? usualAuthorities() : [...rootCertificates, readFileSync(file, 'utf8')];
