import type {Result, Vip, VipStatus} from '../../proto/gen/mha_helper/v1/agent.ts';
import type {Instruction} from '../agents/remote-operation.ts';
import type {HostConfig} from '../config/cluster-config.ts';
import type {VipCloud} from './cloud.ts';

/** Three verbs, the same for every vip_type. Each is idempotent, and each is read back before it is believed. */
export interface VipProvider {
  /** For people: "10.0.0.50/24", "none". */
  readonly name: string;
  /** The addresses to look for on hosts, as configured; empty where no host carries any. */
  readonly cidrs: readonly string[];
  /** The addresses as this host's agent carries them; empty where the host itself carries none. */
  addressesOn(config: HostConfig): Vip[];
  /** Neighbours can be asked who has the address. A cloud's network answers for everybody, or for nobody. */
  readonly isOnLink: boolean;
  acquire(host: VipHost): Promise<VipOutcome>;
  release(host: VipHost): Promise<VipOutcome>;
  /** Of what a host says of its own addresses: does it hold the VIP? */
  isHeldBy(vips: readonly VipStatus[]): boolean;
  /** Where an API decides who gets the VIP's packets; undefined: the hosts alone decide. */
  readonly cloud: VipCloud | undefined;
}

/** Who moves what, for people: "metal 10.0.0.50/24", "aws private_ip 10.0.0.50/24". */
export const describeVip = ({name, cloud}: VipProvider): string => `${cloud?.name ?? 'metal'} ${name}`;

/** A host on which an address is to change, inside an open operation. */
export interface VipHost {
  readonly config: HostConfig;
  intent(instruction: Instruction): Promise<Result>;
  /** Time left in the phase, in milliseconds. */
  readonly leftMs: number;
  /** Hosts that this failover has taken the VIP from, or found dead: where the API still shows it, it may be taken. */
  readonly mayTakeFrom: readonly string[];
  /**
   * Registers a change at the API before it is made: a call that timed out may have worked. Resolves when the record
   * has it. The phase, the guard or `mha-helper recover` puts it back by the opposite verb.
   */
  willChange(change: CloudChange, undo: (signal: AbortSignal) => Promise<unknown>): Promise<void>;
}

/** A change at a cloud's API, told so that any later process can put it back. */
export interface CloudChange {
  /** Host section, as in `HostConfig.name`. */
  readonly host: string;
  readonly verb: 'grant' | 'revoke';
}

export interface VipOutcome {
  readonly did: string;
  readonly notes: readonly string[];
}
