import {type Address, addressKey} from './address.ts';

/** Where connections are refused: TCP to this address and port, arriving on this interface. */
export interface Tombstone {
  readonly address: Address;
  readonly interface: string;
  readonly port: number;
}

/** One that stands or is about to. Its number names its chain and its set. */
export interface NumberedTombstone extends Tombstone {
  readonly number: number;
  readonly standsMs: number;
}

/** How long connections are refused although the address is still here; by then it has gone, or the release has failed. */
export const closingMs = 300;

/** Family and name of the one table that is ours; nothing outside it is ever read or changed. */
export const table = ['netdev', 'mha_helper'] as const;

/**
 * What `nft -f -` reads, carried out as a whole or not at all. The ingress hook, since an address that is gone is not
 * local and its packets never come to an input hook. The address stands in a set that forgets it: the kernel itself
 * ends a tombstone whose agent is dead. It answers only while the address is not local: whoever puts it back by hand,
 * past the agent, has it at once. In the moment before the address goes it answers as well (`closingMs`): a connection
 * that began then would wait for a greeting that nobody can send any more, as long as the client's time-out is.
 * Adding costs the kernel nothing; deleting in the same breath would cost 15 ms.
 */
export const additionOf = (tombstones: readonly NumberedTombstone[]): string =>
  `table ${table.join(' ')} {\n${tombstones.map(block).join('')}}\n`;

const block = ({number, address, interface: name, port, standsMs}: NumberedTombstone): string => {
  const protocol = address.family === 4 ? 'ip' : 'ip6';
  const type = `${address.family === 4 ? 'ipv4_addr' : 'ipv6_addr'} . inet_service`;
  const set = (called: string, timeoutMs: number): string =>
    `set ${called}${number} { type ${type}; flags timeout; elements = { ${address.text} . ${port} timeout ${timeoutMs}ms } }`;
  return `  ${set('closing', closingMs)}
  ${set('until', standsMs)}
  chain vip${number} {
    type filter hook ingress device "${name}" priority -10; policy accept;
    ${protocol} daddr . tcp dport @closing${number} reject with tcp reset
    fib daddr type != local ${protocol} daddr . tcp dport @until${number} reject with tcp reset
  }
`;
};

export const removalOf = (tombstones: readonly NumberedTombstone[]): string =>
  tombstones
    .flatMap(({number}) => [
      `chain ${table.join(' ')} vip${number}`,
      ...['closing', 'until'].map(set => `set ${table.join(' ')} ${set}${number}`),
    ])
    .map(what => `delete ${what}\n`)
    .join('');

/** Adding first makes it succeed when the table is gone already: somebody may have flushed the whole ruleset. */
export const removalOfAll = `add table ${table.join(' ')}\ndelete table ${table.join(' ')}\n`;

/** Reads `nft -j list table`: those that do not stand. */
export const missingIn = (listing: string, wanted: readonly NumberedTombstone[]): readonly NumberedTombstone[] => {
  const {nftables} = JSON.parse(listing) as Listing;
  const rejecting = new Set(
    nftables.flatMap(({rule}) => (rule?.expr.some(part => 'reject' in part) ? [rule.chain] : [])),
  );
  const remembering = new Set(nftables.flatMap(({set}) => ((set?.elem?.length ?? 0) > 0 ? [set?.name] : [])));
  return wanted.filter(({number}) => !rejecting.has(`vip${number}`) || !remembering.has(`until${number}`));
};

/** The part of nft's JSON that is used here. */
interface Listing {
  readonly nftables: readonly {
    readonly rule?: {readonly chain: string; readonly expr: readonly object[]};
    readonly set?: {readonly name: string; readonly elem?: readonly unknown[]};
  }[];
}

export const describeTombstone = ({address, interface: name, port}: Tombstone): string =>
  `${address.family === 4 ? address.text : `[${address.text}]`}:${port} on ${name}`;

export const sameTombstone = (one: Tombstone, other: Tombstone): boolean =>
  addressKey(one.address) === addressKey(other.address) && one.interface === other.interface && one.port === other.port;
