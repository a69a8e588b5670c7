import type {Vip} from '../../proto/gen/mha_helper/v1/agent.ts';
import {withBound} from '../bounded.ts';
import {parseCidr} from '../network/address.ts';
import {findAddress, readInterfaces} from '../network/read-addresses.ts';
import type {TombstoneChange} from './change.ts';
import type {IntentContext} from './context.ts';
import {type Refusal, refusalsOf} from './refusals.ts';

/** Who connects to an address that goes next is refused already, so that nobody waits for that afterwards. */
export interface Door {
  /** What the journal must have before it is closed. */
  readonly changes: Promise<readonly TombstoneChange[]>;
  /** From now on, or a few milliseconds later. Nobody waits for it: the release sees what became of it. */
  close(): void;
  /** It is not used any more. */
  leave(): void;
}

/** Read-only waits for this look, which takes a millisecond or two. */
const lookMs = 200;

/** Best effort: what cannot be read or refused here, `ReleaseVip` tells. */
export const beginToClose = (context: IntentContext, vips: readonly Vip[]): Door => {
  const wanted = vips.filter(({tombstoneMs}) => tombstoneMs > 0);
  if (wanted.length === 0) return {changes: Promise.resolve([]), close: () => {}, leave: () => {}};
  const {network, signal} = context;
  const standby = network.tombstones.prepare({sudo: wanted.some(({sudo}) => sudo), signal});
  let refusals: readonly Refusal[] = [];
  const read = async (): Promise<readonly TombstoneChange[]> => {
    const reading = withBound(signal, lookMs, bounded => readInterfaces(network, bounded));
    const interfaces = await reading.catch(() => []);
    const leaving = wanted.flatMap(vip =>
      findAddress(interfaces, parseCidr(vip.cidr).address).map(held => ({vip, held})),
    );
    refusals = refusalsOf(leaving, context);
    return refusals.map(({change}) => change);
  };
  return {
    changes: read(),
    close: () => {
      if (refusals.length > 0)
        network.tombstones.plant(
          refusals.map(({tombstone}) => tombstone),
          signal,
          standby,
        );
    },
    leave: () => standby?.dismiss(),
  };
};
