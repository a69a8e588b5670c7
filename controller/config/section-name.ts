import {canonicalAddress, canonicalHostName} from './address.ts';
import {parsePort} from './parse-value.ts';

/** Port of an instance whose section names none. */
export const defaultInstancePort = 3306;

export interface InstanceName {
  readonly name: string;
  readonly port: number;
  readonly portIsExplicit: boolean;
}

/** `db10`, `db10:3307`, `10.0.0.5:3307`, `2001:db8::5`, `[2001:db8::5]:3307`; undefined when it is none of these. */
export const parseSectionName = (section: string): InstanceName | undefined => {
  const whole = canonicalAddress(section);
  if (whole !== undefined) return {name: whole, port: defaultInstancePort, portIsExplicit: false};
  const [, bracketed, plain, portText] = /^(?:\[([^\]]+)\]|([^:[\]]+))(?::(\d+))?$/.exec(section) ?? [];
  const name = bracketed === undefined ? canonicalHostName(plain ?? '') : canonicalAddress(bracketed);
  if (name === undefined) return undefined;
  if (portText === undefined) return {name, port: defaultInstancePort, portIsExplicit: false};
  const port = parsePort(portText);
  return typeof port === 'number' ? {name, port, portIsExplicit: true} : undefined;
};

/** `db10:3307`, with brackets around IPv6: how an instance is named to people and compared. */
export const instanceText = ({name, port}: {readonly name: string; readonly port: number}): string =>
  name.includes(':') ? `[${name}]:${port}` : `${name}:${port}`;

export const isDefaultSection = (section: string): boolean => section.toLowerCase() === 'default';
