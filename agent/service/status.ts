import type {GetStatusRequest, GetStatusResponse} from '../../proto/gen/mha_helper/v1/agent.ts';
import {packageVersion} from '../../proto/version.ts';
import {withBound} from '../bounded.ts';
import type {AgentConfig} from '../config/agent-config.ts';
import type {Instance} from '../mysql/instance.ts';
import type {Network} from '../network/network.ts';
import {readVipStatuses} from '../network/read-addresses.ts';
import type {Journal} from '../operation/journal.ts';
import type {Operations} from '../operation/operations.ts';
import type {ReadInstance} from './instance-readings.ts';

export interface StatusMeans {
  readonly config: AgentConfig;
  readonly instances: ReadonlyMap<number, Instance>;
  readonly network: Network;
  readonly operations: Operations;
  readonly journal: Journal;
  readonly warnings: () => readonly string[];
  readonly readOnlySinceBoot: () => readonly number[];
  readonly certificateNotAfterMs: () => number;
  readonly readInstance: ReadInstance;
}

/** What is asked, without what the caller will do next. */
export type StatusFacts = Omit<GetStatusRequest, 'expectedVips' | 'holderMacs'>;

/** Facts only. A mysqld that hangs costs at most this and is told as unreachable. */
const instanceMs = 2000;

export const getStatus = async (request: StatusFacts, means: StatusMeans): Promise<GetStatusResponse> => {
  const {config, network, operations, journal} = means;
  const wanted = [...means.instances.values()].filter(
    ({port}) => request.ports.length === 0 || request.ports.includes(port),
  );
  const listed = config.vips.map(({cidr}) => cidr);
  const asked = [...new Set(request.cidrs)].filter(cidr => !listed.includes(cidr));
  const vips = [...config.vips, ...asked.map(cidr => ({cidr, interface: ''}))];
  // Not AbortSignal.timeout, which stays in memory until its time is over: that adds up when many ask.
  const [instances, vipStatuses] = await withBound(new AbortController().signal, instanceMs, signal =>
    Promise.all([
      Promise.all(wanted.map(one => means.readInstance(one, {brief: request.brief, signal}))),
      readVipStatuses(network, vips, signal),
    ]),
  );
  return {
    host: config.host,
    agentVersion: packageVersion,
    timeMs: Date.now(),
    certificateNotAfterMs: means.certificateNotAfterMs(),
    instances,
    vips: vipStatuses,
    epochs: journal.epochs(),
    operations: operations.statuses(),
    warnings: [...means.warnings()],
    readOnlySinceBoot: [...means.readOnlySinceBoot()],
  };
};
