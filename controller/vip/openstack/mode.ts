import type {OpenStackHost} from '../../config/cluster-config.ts';
import type {CloudFinding, CloudHolder} from '../cloud.ts';
import type {Neutron, Port} from './neutron.ts';

/** What `openstack_mode` chooses: what in Neutron says who gets the VIP's packets, and how it is changed. */
export interface Mode {
  findHolders(place: Place): Promise<readonly CloudHolder[]>;
  /** Gives all VIPs to the host; what is given away already was taken before. Read back by the caller. */
  give(host: OpenStackHost, place: Place): Promise<void>;
  /** Takes all VIPs from the host. Read back by itself. */
  take(host: OpenStackHost, place: Place): Promise<void>;
  /** What this mode needs beside the ports, looked at live. Changes nothing. */
  check(place: Place): Promise<readonly CloudFinding[]>;
}

/** One look at, or change of, one cluster's VIPs. */
export interface Place {
  readonly neutron: Neutron;
  readonly hosts: readonly OpenStackHost[];
  /** Without prefix length, in their one spelling. */
  readonly vips: readonly string[];
  /** The port of a host, read when first asked for. Its contents may be old by then: changes read it again. */
  portOf(host: OpenStackHost): Promise<Port>;
}
