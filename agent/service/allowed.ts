import type {Vip} from '../../proto/gen/mha_helper/v1/agent.ts';
import type {AllowedVip} from '../config/agent-config.ts';
import {parseCidr, sameAddress} from '../network/address.ts';
import {Refused} from '../refusal.ts';

/** Refuses a VIP that this host's own configuration does not list, whoever asks. */
export const requireAllowed = (vips: readonly Vip[], allowed: readonly AllowedVip[]): void => {
  if (vips.length === 0) throw new Refused('INVALID', 'no address was named');
  for (const vip of vips) {
    if (!isAllowed(vip, allowed)) {
      const listed = allowed.map(own => `${own.cidr} on ${own.interface}`).join(', ') || 'none';
      throw new Refused(
        'NOT_ALLOWED',
        `${vip.cidr} on ${vip.interface} is not in this host's agent.ini; it lists: ${listed}`,
        {
          hint: `add a section [vip:${vip.cidr}] with interface = ${vip.interface} to agent.ini on this host, or mend the cluster's writer_vip_cidr or cluster_interface`,
        },
      );
    }
  }
};

export const isAllowed = (vip: Pick<Vip, 'cidr' | 'interface'>, allowed: readonly AllowedVip[]): boolean =>
  allowed.some(own => own.interface === vip.interface && covers(own.cidr, vip.cidr));

const covers = (own: string, asked: string): boolean => {
  const [a, b] = [parseCidr(own), parseCidr(asked)];
  return sameAddress(a.address, b.address) && a.prefixLength === b.prefixLength;
};
