import type {Result, Vip, VipStatus} from '../../proto/gen/mha_helper/v1/agent.ts';
import type {Instruction} from '../agents/remote-operation.ts';
import type {HostConfig} from '../config/cluster-config.ts';

/** Three verbs, the same for every vip_type. Each is idempotent, and each is read back before it is believed. */
export interface VipProvider {
  /** For people: "10.0.0.50/24", "none". */
  readonly name: string;
  /** The addresses, as configured; empty where there is nothing to look for on a host. */
  readonly cidrs: readonly string[];
  /** The addresses as this host's agent carries them; empty where the host itself carries none. */
  addressesOn(config: HostConfig): Vip[];
  acquire(host: VipHost): Promise<VipOutcome>;
  release(host: VipHost): Promise<VipOutcome>;
  /** Of what a host says of its own addresses: does it hold the VIP? */
  isHeldBy(vips: readonly VipStatus[]): boolean;
}

/** A host on which an address is to change, inside an open operation. */
export interface VipHost {
  readonly config: HostConfig;
  intent(instruction: Instruction): Promise<Result>;
}

export interface VipOutcome {
  readonly did: string;
  readonly notes: readonly string[];
}
