import {constants, type X509Certificate} from 'node:crypto';
import {createSecureContext, type SecureContextOptions} from 'node:tls';
import {listsOf, noRevocations, type RevocationLists, readRevocationLists} from '../../proto/revocation-list.ts';
import type {TlsFiles} from '../config/agent-config.ts';
import type {Log} from '../log.ts';
import {checkCertificate, isSameMaterial, readTlsMaterial, type TlsMaterial} from './tls-material.ts';
import {warnOfEnds} from './warn-of-ends.ts';
import {watchFiles} from './watch-files.ts';

/** The agent's own certificate, kept current while it serves. */
export interface AgentCredentials {
  /** What TLS is to use now. */
  contextOptions(): SecureContextOptions;
  /** Calls the listener whenever other files have taken over. */
  onReplaced(listener: (options: SecureContextOptions) => void): void;
  /** End of life of the certificate in use, milliseconds since 1970. */
  certificateNotAfterMs(): number;
  /** Whether the revocation list in use names this certificate (DER). */
  isRevoked(certificate: Buffer): boolean;
  /** What else will come to its end soon and take all calls with it, one sentence each. */
  warnings(): readonly string[];
  /** Stops watching the files. */
  close(): void;
}

export interface WatchedFiles {
  readonly host: string;
  readonly files: TlsFiles;
  readonly log: Log;
  /** How long files must be quiet before they are read: key and certificate are replaced one after the other. */
  readonly settleMs?: number;
  /** How often the files are read although nobody announced a change (lost watch, replaced directory). */
  readonly recheckMs?: number;
}

/**
 * Reads the TLS files and follows them from then on. Throws when they are unusable now; later, unusable files are
 * logged and the certificate in use stays.
 */
export const watchCredentials = async ({
  settleMs = 200,
  recheckMs = 3_600_000,
  ...watched
}: WatchedFiles): Promise<AgentCredentials> => {
  const {files, host, log} = watched;
  let current = load(await readTlsMaterial(files), watched);
  warnIfExpired(current, log);
  const listeners = new Set<(options: SecureContextOptions) => void>();

  const reread = async (): Promise<void> => {
    try {
      const material = await readTlsMaterial(files);
      if (isSameMaterial(material, current.material)) return;
      current = load(material, watched);
      for (const listener of listeners) listener(current.options);
      log.info('TLS files replaced', {host, not_after: current.notAfter, revoked: current.revoked.serials.length});
      warnIfExpired(current, log);
    } catch (error) {
      log.error('new TLS files are unusable; the certificate in use stays', {host, error, not_after: current.notAfter});
    }
  };

  // One after the other: a slow reading of old files must not overtake a quick one of new files.
  let reading = Promise.resolve();
  const changed = (): void => {
    reading = reading.then(reread);
  };
  const stopWatching = watchFiles({files: namesOf(files), settleMs, recheckMs, log, changed});
  return {
    contextOptions: () => current.options,
    onReplaced: listener => void listeners.add(listener),
    certificateNotAfterMs: () => current.notAfter.getTime(),
    isRevoked: certificate => current.revoked.revokes(certificate),
    warnings: () => warnOfEnds(current, Date.now()),
    close: stopWatching,
  };
};

const namesOf = ({ca, certificate, key, crl}: TlsFiles): readonly string[] =>
  [ca, certificate, key, crl].filter(file => file !== undefined);

interface Loaded {
  readonly material: TlsMaterial;
  readonly options: SecureContextOptions;
  readonly notAfter: Date;
  /** The authorities above the agent's own certificate. */
  readonly authorities: readonly X509Certificate[];
  readonly revoked: RevocationLists;
}

const load = (material: TlsMaterial, {files, host}: WatchedFiles): Loaded => {
  const [certificate, ...authorities] = checkCertificate(material, files, host);
  const options = contextOptions(material);
  // Throws when key and certificate do not belong together, or the revocation list cannot be read.
  createSecureContext(options);
  return {
    material,
    options,
    notAfter: new Date(certificate?.validTo ?? 0),
    authorities,
    revoked: material.crl === undefined ? noRevocations : readRevocationLists(material.crl),
  };
};

const contextOptions = ({ca, certificate, key, crl}: TlsMaterial): SecureContextOptions => ({
  ca,
  cert: certificate,
  key,
  // each list by itself: of a text with several, Node reads the first only
  ...(crl === undefined ? {} : {crl: [...listsOf(crl)]}),
  minVersion: 'TLSv1.3',
  // A resumed session is not verified again: a certificate revoked since would come back in.
  secureOptions: constants.SSL_OP_NO_TICKET,
});

const warnIfExpired = ({notAfter}: Loaded, log: Log): void => {
  if (notAfter.getTime() <= Date.now()) {
    log.warn('the certificate of this agent has expired: nobody can connect until it is replaced', {
      not_after: notAfter,
    });
  }
};
