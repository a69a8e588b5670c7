import {isIPv4, isIPv6} from 'node:net';
import {Refused} from '../refusal.ts';

/** An IP address as the number it is: `2001:DB8:0::1` and `2001:db8::1` are the same one. */
export interface Address {
  readonly family: 4 | 6;
  readonly value: bigint;
  /** As it was written. */
  readonly text: string;
}

/** An address of a host together with the length of its network's prefix: 10.0.0.50/24. */
export interface Cidr {
  readonly address: Address;
  readonly prefixLength: number;
}

/** Refuses (`INVALID`) everything that is not an address with prefix length. */
export const parseCidr = (text: string): Cidr => {
  const [addressText = '', prefixText, ...rest] = text.split('/');
  const address = parseAddress(addressText);
  if (prefixText === undefined) {
    throw invalid(text, 'the prefix length is missing', `write ${text}/${address.family === 4 ? 24 : 64}`);
  }
  const longest = bits(address.family);
  const prefixLength = /^[1-9]\d{0,2}$/.test(prefixText) ? Number(prefixText) : 0;
  if (rest.length > 0 || prefixLength < 1 || prefixLength > longest) {
    throw invalid(text, `the prefix length must be a number from 1 to ${longest}`, '');
  }
  return {address, prefixLength};
};

/** Refuses (`INVALID`) everything that is not an IPv4 or IPv6 address. */
export const parseAddress = (text: string): Address => {
  if (isIPv4(text)) return {family: 4, value: valueOfIPv4(text), text};
  if (text.includes('%')) throw invalid(text, 'an address with a zone cannot move between hosts', 'leave out %…');
  if (isIPv6(text)) return {family: 6, value: valueOfIPv6(text), text};
  throw invalid(text, 'not an IPv4 or IPv6 address', '');
};

export const sameAddress = (one: Address, other: Address): boolean =>
  one.family === other.family && one.value === other.value;

export const sameCidr = (one: Cidr, other: Cidr): boolean =>
  sameAddress(one.address, other.address) && one.prefixLength === other.prefixLength;

/** Same subnet as the kernel sees it: same prefix length, same prefix. */
export const inSameSubnet = (one: Cidr, other: Cidr): boolean => {
  const hostBits = BigInt(bits(one.address.family) - one.prefixLength);
  return (
    one.address.family === other.address.family &&
    one.prefixLength === other.prefixLength &&
    one.address.value >> hostBits === other.address.value >> hostBits
  );
};

export const formatCidr = ({address, prefixLength}: Cidr): string => `${address.text}/${prefixLength}`;

/** One key per address, however it is written. */
export const addressKey = ({family, value}: Address): string => `${family}:${value.toString(16)}`;

const bits = (family: 4 | 6): number => (family === 4 ? 32 : 128);

const valueOfIPv4 = (text: string): bigint =>
  text.split('.').reduce((value, octet) => value * 256n + BigInt(octet), 0n);

const valueOfIPv6 = (text: string): bigint => {
  const [head = '', tail] = withoutDottedTail(text).split('::');
  const left = groups(head);
  const right = tail === undefined ? [] : groups(tail);
  const zeros = new Array<string>(8 - left.length - right.length).fill('0');
  return [...left, ...zeros, ...right].reduce((value, group) => value * 65536n + BigInt(`0x${group}`), 0n);
};

const groups = (part: string): string[] => (part === '' ? [] : part.split(':'));

/** `::ffff:10.0.0.50` ends in an IPv4 address, which stands for two groups. */
const withoutDottedTail = (text: string): string => {
  const start = text.lastIndexOf(':') + 1;
  const tail = text.slice(start);
  if (!isIPv4(tail)) return text;
  const value = valueOfIPv4(tail);
  return `${text.slice(0, start)}${(value >> 16n).toString(16)}:${(value & 0xffffn).toString(16)}`;
};

const invalid = (text: string, problem: string, hint: string): Refused =>
  new Refused('INVALID', `${JSON.stringify(text)}: ${problem}`, {hint});
