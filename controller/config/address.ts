import {isIPv4} from 'node:net';
import {canonicalHost} from '../../proto/identity.ts';

/**
 * The one spelling of an IP address, so that addresses can be compared with `===`; undefined when the text is no
 * address. Zone suffixes (`%eth0`) make no sense in a cluster and are refused.
 */
export const canonicalAddress = (text: string): string | undefined =>
  text.includes(':') || isIPv4(text) ? canonicalHost(text) : undefined;

/**
 * A host as certificates spell it, name or address; undefined when it is neither. `10.0.0.300` would pass for a name,
 * but no top-level domain is a number.
 */
export const canonicalHostName = (text: string): string | undefined =>
  !text.includes(':') && /\.\d+$/.test(text) && !isIPv4(text) ? undefined : canonicalHost(text);

/** What is wrong with a text as an address with prefix length; or the address in its one spelling. */
export const canonicalCidr = (text: string): {readonly cidr: string} | {readonly wrong: string} => {
  const [written = '', prefixText, ...more] = text.split('/');
  const address = canonicalAddress(written);
  if (address === undefined || more.length > 0) return {wrong: `'${text}' is not an address with prefix length`};
  if (prefixText === undefined) return {wrong: `'${text}' has no prefix length`};
  const bits = isIPv4(address) ? 32 : 128;
  const prefix = /^\d{1,3}$/.test(prefixText) ? Number(prefixText) : Number.NaN;
  if (!(prefix >= 1 && prefix <= bits)) return {wrong: `'${text}' has a prefix length outside 1 to ${bits}`};
  if (isNetwork(address, bits - prefix)) return {wrong: `'${text}' is a network, not the address of a host in it`};
  return {cidr: `${address}/${prefix}`};
};

/** In networks of more than two addresses, host bits that are all zero name the network itself. */
const isNetwork = (address: string, hostBits: number): boolean =>
  hostBits > 1 && (addressNumber(address) & ((1n << BigInt(hostBits)) - 1n)) === 0n;

const addressNumber = (address: string): bigint => {
  if (isIPv4(address)) return address.split('.').reduce((number, part) => (number << 8n) | BigInt(part), 0n);
  // URL spells out a dotted tail (::ffff:10.0.0.5).
  const [head = '', tail = ''] = new URL(`http://[${address}]`).hostname.slice(1, -1).split('::');
  const groups = (part: string) => part.split(':').filter(group => group !== '');
  const [before, after] = [groups(head), groups(tail)];
  const zeros = Array<string>(8 - before.length - after.length).fill('0');
  return [...before, ...zeros, ...after].reduce((number, group) => (number << 16n) | BigInt(`0x${group}`), 0n);
};
