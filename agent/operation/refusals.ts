import type {Vip} from '../../proto/gen/mha_helper/v1/agent.ts';
import {addressKey, formatCidr} from '../network/address.ts';
import type {HeldAddress} from '../network/read-addresses.ts';
import type {NewTombstone} from '../network/tombstones.ts';
import type {TombstoneChange} from './change.ts';
import type {IntentContext} from './context.ts';

/** A tombstone that is wanted, and what the journal says of it. */
export interface Refusal {
  readonly change: TombstoneChange;
  readonly tombstone: NewTombstone;
}

/** One per address and interface, with whatever prefix lengths the address is there. */
export const refusalsOf = (
  leaving: readonly {readonly vip: Vip; readonly held: HeldAddress}[],
  context: Pick<IntentContext, 'instance'>,
): Refusal[] => {
  const wanted = leaving.filter(({vip}) => vip.tombstoneMs > 0);
  const places = new Map(wanted.map(each => [`${addressKey(each.held.address)} ${each.held.interface}`, each]));
  return [...places.values()].map(({vip, held}) => {
    const place = {interface: held.interface, port: context.instance.port};
    return {
      change: {kind: 'tombstone', cidr: formatCidr(held), ...place},
      tombstone: {address: held.address, ...place, standsMs: vip.tombstoneMs, sudo: vip.sudo},
    };
  });
};
