/**
 * The serial numbers a revocation list names, upper-case hexadecimal as Node spells them. TLS checks the list at
 * each handshake; connections that are already open need the bare numbers. Throws on anything but a PEM or DER
 * list; the signature was checked by whoever loaded it into TLS.
 */
export const revokedSerials = (crl: Buffer): ReadonlySet<string> => {
  const list = children(readOne(toDer(crl), 0))[0];
  if (list === undefined) throw malformed();
  // TBSCertList: version?, signature, issuer, thisUpdate, nextUpdate?, revokedCertificates?, extensions?
  const fields = children(list);
  const afterIssuer = fields.slice(fields[0]?.tag === tags.integer ? 3 : 2);
  const revoked = afterIssuer.find(field => field.tag === tags.sequence);
  return new Set(revoked === undefined ? [] : children(revoked).map(serialOf));
};

interface Element {
  readonly tag: number;
  readonly content: Buffer;
  /** Offset of the first byte after this element. */
  readonly end: number;
}

const tags = {integer: 0x02, sequence: 0x30} as const;

const toDer = (crl: Buffer): Buffer => {
  if (crl[0] === tags.sequence) return crl;
  const [, base64] = /-----BEGIN X509 CRL-----([^-]+)-----END X509 CRL-----/.exec(crl.toString('latin1')) ?? [];
  if (base64 === undefined) throw malformed();
  return Buffer.from(base64, 'base64');
};

const children = (parent: Element): readonly Element[] => {
  const found: Element[] = [];
  for (let offset = 0; offset < parent.content.length; ) {
    const element = readOne(parent.content, offset);
    found.push(element);
    offset = element.end;
  }
  return found;
};

const readOne = (der: Buffer, offset: number): Element => {
  const tag = der[offset];
  const first = der[offset + 1];
  if (tag === undefined || first === undefined) throw malformed();
  const lengthBytes = first < 0x80 ? 0 : first - 0x80;
  if (lengthBytes > 4 || offset + 2 + lengthBytes > der.length) throw malformed();
  const length = lengthBytes === 0 ? first : der.readUIntBE(offset + 2, lengthBytes);
  const start = offset + 2 + lengthBytes;
  if (start + length > der.length) throw malformed();
  return {tag, content: der.subarray(start, start + length), end: start + length};
};

const serialOf = (entry: Element): string => {
  const serial = children(entry)[0];
  if (serial?.tag !== tags.integer) throw malformed();
  return serial.content
    .toString('hex')
    .toUpperCase()
    .replace(/^(00)+(?=.)/, '');
};

const malformed = (): Error => new Error('the revocation list is not a readable X.509 CRL');
