import {readFileSync} from 'node:fs';
import {rootCertificates} from 'node:tls';

/**
 * Whom a cloud's API is trusted by where nobody says it; undefined: Node's own way. The hooks run with `--use-openssl-ca`,
 * which saves them the time for Node's own list: where it is needed after all, it is named.
 */
export const usualAuthorities = (): string[] | undefined =>
  process.execArgv.includes('--use-openssl-ca') ? [...rootCertificates] : undefined;

/** The authorities of AWS_CA_BUNDLE, as for its other tools, beside the usual ones. */
export const awsAuthorities = (bundle = process.env.AWS_CA_BUNDLE): string[] | undefined =>
  bundle === undefined || bundle === '' ? usualAuthorities() : [...rootCertificates, readFileSync(bundle, 'utf8')];
