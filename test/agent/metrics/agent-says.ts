import type {TestContext} from 'node:test';
import {createMetrics} from '../../../agent/metrics/metrics.ts';
import {GetStatusResponse, InstanceStatus, VipStatus} from '../../../proto/gen/mha_helper/v1/agent.ts';

export const vip = '10.0.0.50/24';

/** What the agent of a replica says, or of the master with the VIP; differing as told. */
export const agentSays = (
  host: string,
  {isMaster = false, instance = {}, ...differing}: Differing = {},
): GetStatusResponse => {
  const replication = {
    ...{sourceHost: 'db1', sourcePort: 3306, ioRunning: true, sqlRunning: true, lagSeconds: 2, lastError: ''},
    sourceServerId: 1,
  };
  const ofMaster = {readOnly: false, replicas: 2, applicationThreads: 40};
  const ofReplica = {readOnly: true, superReadOnly: true, replication};
  return GetStatusResponse.fromPartial({
    host,
    agentVersion: '1.0.0',
    certificateNotAfterMs: 4e12,
    instances: [
      InstanceStatus.fromPartial({
        ...{port: 3306, reachable: true, eventScheduler: 'ON', ...(isMaster ? ofMaster : ofReplica)},
        ...instance,
      }),
    ],
    vips: [VipStatus.fromPartial({cidr: vip, present: isMaster})],
    epochs: {app1: 7},
    ...differing,
  });
};

export interface Differing extends Partial<Omit<GetStatusResponse, 'instances'>> {
  readonly isMaster?: boolean;
  readonly instance?: Partial<InstanceStatus>;
}

/** What Prometheus hears of an agent that would say this to a status call. */
export const scrapeOf = async (status: GetStatusResponse): Promise<string> => {
  const metrics = createMetrics(status.host);
  metrics.callEnded({path: '/mha_helper.v1.Agent/GetStatus', code: 0, durationMs: 12});
  const listener = await metrics.listen({address: '127.0.0.1', port: 0}, async () => status);
  try {
    return await (await fetch(`http://127.0.0.1:${listener.port}/metrics`)).text();
  } finally {
    listener.close();
  }
};

export const startMetrics = async (t: TestContext, read: () => Promise<GetStatusResponse>) => {
  const metrics = createMetrics('db1');
  const listener = await metrics.listen({address: '127.0.0.1', port: 0}, read);
  t.after(() => listener.close());
  const url = `http://127.0.0.1:${listener.port}`;
  return {...metrics, port: listener.port, url, scrape: async () => (await fetch(`${url}/metrics`)).text()};
};

/** Lines of one metric, without the prefix. */
export const samplesOf = (page: string, name: string): readonly string[] =>
  page
    .split('\n')
    .filter(line => line.startsWith(`mha_helper_${name}{`))
    .map(line => line.slice('mha_helper_'.length));
