import {type Cidr, formatCidr} from './address.ts';
import {CommandFailed} from './command.ts';
import type {Answer} from './ip-process.ts';
import type {Network, RunOptions} from './network.ts';
import {type Interface, readInterfaces, toInterfaces} from './read-addresses.ts';

/** One address to add to an interface, to remove from it, or to change there. */
export interface AddressChange extends Cidr {
  readonly act: 'add' | 'change' | 'del';
  readonly interface: string;
  /** IPv4: what `ifconfig` and `ip addr show label` know it by. Default: none but the interface's name. */
  readonly label?: string | undefined;
  /** IPv6: connections of this host may come from it. Default: never, since it moves away under them. */
  readonly preferred?: boolean | undefined;
  /** IPv6: the kernel looks for duplicates, which takes a second or two; until then the address is of no use. */
  readonly kernelDetects?: boolean | undefined;
}

export interface Changed {
  /** All interfaces of this host as they were after the changes: they decide, whatever `ip` said. */
  readonly interfaces: readonly Interface[];
  /** What `ip` complained about; a `CommandFailed` where it is the kernel that refused. */
  readonly failure: unknown;
}

/**
 * Makes the changes in the order given and reads all addresses afterwards. The `ip` that stands by does both in a
 * millisecond; where it cannot, one process makes all changes: each start costs some 4 ms, and nobody can write meanwhile.
 */
export const changeAddresses = async (
  network: Network,
  changes: readonly AddressChange[],
  options: Pick<RunOptions, 'sudo' | 'signal'>,
): Promise<Changed> => {
  const commands = changes.map(words);
  const lines = commands.map(each => each.join(' '));
  const answer = lines.every(isPlain) ? await network.changeAddresses(lines, options) : undefined;
  if (answer !== undefined)
    return {interfaces: toInterfaces(answer.shown), failure: failureOf(commands, answer.complaints)};
  const failure = await startIp(network, commands, options).catch((error: unknown) => error);
  return {interfaces: await readInterfaces(network, options.signal), failure};
};

/** An interface may be called `a#b`, which a line of a batch means otherwise. */
const isPlain = (line: string): boolean => !/[#"'\\\n]/.test(line);

/** Names the first change that failed, and tells of the others. */
const failureOf = (commands: readonly string[][], complaints: Answer['complaints']): CommandFailed | undefined => {
  const [first, ...others] = commands.flatMap((args, index) => {
    const said = complaints[index];
    return said === undefined ? [] : [{args, said}];
  });
  if (first === undefined) return undefined;
  const more = others.map(({args, said}) => `; ip ${args.join(' ')} failed: ${said}`);
  return new CommandFailed({file: 'ip', args: first.args}, {outcome: 'failed', stderr: first.said + more.join('')});
};

const startIp = async (
  network: Network,
  commands: readonly string[][],
  options: Pick<RunOptions, 'sudo' | 'signal'>,
): Promise<void> => {
  const [first, ...others] = commands;
  if (first === undefined) return;
  if (others.length === 0) {
    await network.run('ip', first, options);
    return;
  }
  const input = commands.map(each => `${each.join(' ')}\n`).join('');
  // -force: one that is gone or there already does not stop the others; reading back tells about each.
  await network.run('ip', ['-force', '-batch', '-'], {...options, input});
};

/** The kernel's limit for a label, and for the name of an interface. */
const longestLabel = 15;

/** `eth0:vip`; undefined where that is longer than the kernel takes. */
export const labelFor = (interfaceName: string): string | undefined => {
  const label = `${interfaceName}:vip`;
  return label.length > longestLabel ? undefined : label;
};

const words = (change: AddressChange): string[] => {
  const place = ['addr', change.act, formatCidr(change), 'dev', change.interface];
  if (change.act === 'del') return place;
  return [...place, ...(change.address.family === 4 ? labelWords(change) : lifetimeWords(change))];
};

const labelWords = ({label}: AddressChange): string[] => (label === undefined ? [] : ['label', label]);

/** `nodad` where our own probe was made: the kernel's would keep the address unusable for a second or two. */
const lifetimeWords = ({preferred = false, kernelDetects = false}: AddressChange): string[] => [
  ...(kernelDetects ? [] : ['nodad']),
  'preferred_lft',
  preferred ? 'forever' : '0',
];
