import type {ProbeRequest, ProbeResponse} from '../../proto/gen/mha_helper/v1/agent.ts';
import type {AllowedVip} from '../config/agent-config.ts';

import type {Network} from '../network/network.ts';
import {probeInstance} from '../network/probe-instance.ts';
import {whoHas} from '../network/who-has.ts';
import {Refused} from '../refusal.ts';
import {requireAllowed} from './allowed.ts';

/** A probe without a bound of its own, or with an absurd one, takes this long at most. */
const maxProbeMs = 5000;

export const probe = async (
  request: ProbeRequest,
  {network, allowedVips}: {readonly network: Network; readonly allowedVips: readonly AllowedVip[]},
): Promise<ProbeResponse> => {
  const deadlineMs = Math.min(request.deadlineMs || maxProbeMs, maxProbeMs);
  const signal = AbortSignal.timeout(deadlineMs + 500);
  if (request.target?.$case === 'instance') {
    return {macs: [], ...(await probeInstance({...request.target.value, deadlineMs, signal}))};
  }
  const vip = request.target?.value.vip;
  if (vip === undefined) throw new Refused('INVALID', 'nothing to probe was named');
  requireAllowed([vip], allowedVips);
  const macs = await whoHas(network, vip, {deadlineMs, signal});
  return {reachable: macs.length > 0, handshake: false, macs, detail: ''};
};
