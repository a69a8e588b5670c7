import {isIPv6} from 'node:net';
import {canonicalHost} from '../../proto/identity.ts';
import {formatCidr, parseCidr} from '../network/address.ts';

/** Texts of agent.ini to values; undefined when a text is none. The caller says what to write instead. */
export const parsePath = (text: string): string | undefined => (/^\/[^\p{Cc}]+$/u.test(text) ? text : undefined);

export const parseName = (text: string): string | undefined => (/^[^\s,]+$/.test(text) ? text : undefined);

export const parseNames = (text: string): readonly string[] => text.split(/[\s,]+/).filter(Boolean);

export const parsePortText = (text: string): number | undefined =>
  /^[1-9]\d{0,4}$/.test(text) && Number(text) < 65_536 ? Number(text) : undefined;

/** `host`, `host:port`, `[::1]:port` or a bare IPv6 address. Nothing is resolved. */
export const parseAddressAndPort =
  (portByDefault: number) =>
  (text: string): {readonly host: string; readonly port: number} | undefined => {
    if (isIPv6(text)) return {host: text, port: portByDefault};
    const [, host = '', portText] = /^(\[.+\]|[^:[\]]+)(?::(.*))?$/.exec(text) ?? [];
    const bare = host.replace(/^\[|\]$/g, '');
    const port = portText === undefined ? portByDefault : parsePortText(portText);
    const isHost = canonicalHost(bare) !== undefined && isIPv6(bare) === host.startsWith('[');
    return isHost && port !== undefined ? {host: bare, port} : undefined;
  };

/** `off`, a port of this host alone, or `ADDRESS:PORT`. */
export const parseMetricsListen = (
  text: string,
): {readonly host: string; readonly port: number} | 'off' | undefined => {
  if (text === 'off') return text;
  const port = parsePortText(text);
  if (port !== undefined) return {host: '127.0.0.1', port};
  return /:\d+$/.test(text) ? parseAddressAndPort(0)(text) : undefined;
};

/** Linux allows 15 bytes, without blank and slash. */
export const parseInterfaceName = (text: string): string | undefined =>
  /^(?!\.{1,2}$)[^\s/:]{1,15}$/.test(text) ? text : undefined;

export const parseCidrText = (text: string): string | undefined => {
  try {
    return formatCidr(parseCidr(text));
  } catch {
    return undefined; // The caller says what to write instead.
  }
};
