import {childrenOf, type Element, readElement, serialOf, tags, timeOf} from './der.ts';
import {pemBlocks} from './pem.ts';

/** What the revocation lists of one file say. */
export interface RevocationLists {
  /** Upper-case hexadecimal, as Node spells them. */
  readonly serials: readonly string[];
  /** When the first of them is out of date, milliseconds since 1970: from then on TLS refuses everybody. Undefined: never. */
  readonly nextUpdateMs: number | undefined;
  /** Whether this certificate (DER) is revoked by a list of its own issuer. */
  revokes(certificate: Buffer): boolean;
}

export const noRevocations: RevocationLists = {serials: [], nextUpdateMs: undefined, revokes: () => false};

/** The lists of a PEM file, each by itself as TLS wants them. */
export const listsOf = (pem: Buffer): readonly string[] => pemBlocks(pem, 'X509 CRL');

/**
 * Reads the lists of a PEM file, one for each authority. TLS checks them at each handshake; this is for connections that are
 * open already. Throws on anything but lists; their signatures were checked by whoever loaded them into TLS.
 */
export const readRevocationLists = (pem: Buffer): RevocationLists => {
  const lists = listsOf(pem).map(readList);
  if (lists.length === 0) throw unreadable();
  const keys = new Set(lists.flatMap(({issuer, serials}) => serials.map(serial => keyOf(issuer, serial))));
  const ends = lists.flatMap(({nextUpdateMs}) => nextUpdateMs ?? []);
  return {
    serials: lists.flatMap(({serials}) => serials),
    nextUpdateMs: ends.length === 0 ? undefined : Math.min(...ends),
    revokes: certificate => keys.has(keyOfCertificate(certificate)),
  };
};

interface List {
  readonly issuer: Buffer;
  readonly serials: readonly string[];
  readonly nextUpdateMs: number | undefined;
}

const readList = (block: string): List => {
  try {
    const base64 = block.replace(/-----[^-]+-----/g, '');
    const [list] = childrenOf(readElement(Buffer.from(base64, 'base64'), 0));
    if (list === undefined) throw unreadable();
    // TBSCertList: version?, signature, issuer, thisUpdate, nextUpdate?, revokedCertificates?, extensions?
    const fields = childrenOf(list);
    const [issuer, , third, fourth] = fields.slice(fields[0]?.tag === tags.integer ? 2 : 1);
    const nextUpdateMs = timeOf(third);
    const revoked = nextUpdateMs === undefined ? third : fourth;
    return {issuer: contentOf(issuer), serials: serialsOf(revoked), nextUpdateMs};
  } catch (error) {
    throw unreadable(error);
  }
};

const serialsOf = (revoked: Element | undefined): readonly string[] =>
  revoked?.tag === tags.sequence ? childrenOf(revoked).map(entry => serialOf(childrenOf(entry)[0])) : [];

/** Two authorities may well have given the same number. */
const keyOf = (issuer: Buffer, serial: string): string => `${issuer.toString('latin1')}/${serial}`;

const keyOfCertificate = (der: Buffer): string => {
  const [signed] = childrenOf(readElement(der, 0));
  if (signed === undefined) throw new Error('this is not a certificate');
  // TBSCertificate: version?, serialNumber, signature, issuer, …
  const fields = childrenOf(signed);
  const [serial, , issuer] = fields[0]?.tag === tags.context0 ? fields.slice(1) : fields;
  return keyOf(contentOf(issuer), serialOf(serial));
};

const contentOf = (element: Element | undefined): Buffer => {
  if (element?.tag !== tags.sequence) throw unreadable();
  return element.content;
};

const unreadable = (cause?: unknown): Error => new Error('the revocation list is not a readable X.509 CRL', {cause});
