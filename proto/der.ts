/** One element of DER, the encoding of certificates and revocation lists. */
export interface Element {
  readonly tag: number;
  readonly content: Buffer;
  /** Offset of the first byte after this element. */
  readonly end: number;
}

export const tags = {integer: 0x02, utcTime: 0x17, generalizedTime: 0x18, sequence: 0x30, context0: 0xa0} as const;

/** Throws on anything that is no complete element. */
export const readElement = (der: Buffer, offset: number): Element => {
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

export const childrenOf = (parent: Element): readonly Element[] => {
  const found: Element[] = [];
  for (let offset = 0; offset < parent.content.length; ) {
    const element = readElement(parent.content, offset);
    found.push(element);
    offset = element.end;
  }
  return found;
};

/** A serial number as Node spells it: upper-case hexadecimal. */
export const serialOf = (element: Element | undefined): string => {
  if (element?.tag !== tags.integer) throw malformed();
  return element.content
    .toString('hex')
    .toUpperCase()
    .replace(/^(00)+(?=.)/, '');
};

/** A point in time, milliseconds since 1970; undefined: the element is none. */
export const timeOf = (element: Element | undefined): number | undefined => {
  if (element?.tag !== tags.utcTime && element?.tag !== tags.generalizedTime) return undefined;
  const text = element.content.toString('latin1');
  // UTCTime has two digits of the year: 50 and above are of the last century
  const whole = element.tag === tags.generalizedTime ? text : `${Number(text.slice(0, 2)) < 50 ? '20' : '19'}${text}`;
  const [, year, month, day, hours, minutes, seconds] = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/.exec(whole) ?? [];
  if (year === undefined) throw malformed();
  return Date.parse(`${year}-${month}-${day}T${hours}:${minutes}:${seconds}Z`);
};

const malformed = (): Error => new Error('this is not DER');
