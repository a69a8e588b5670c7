import {AgentService} from '../proto/gen/mha_helper/v1/agent.ts';
import type {Log} from './log.ts';
import {loadMetrics, serveMetrics} from './serve-metrics.ts';
import type {AgentCredentials} from './server/credentials.ts';
import {type RunningServer, startServer} from './server/server.ts';
import {InstanceReadings} from './service/instance-readings.ts';
import {agentService, type ServiceMeans} from './service/service.ts';

type Served = Omit<ServiceMeans, 'readInstance' | 'certificateNotAfterMs'> & {
  readonly credentials: AgentCredentials;
  readonly log: Log;
};

/** Serves calls and, where agent.ini asks for it, scrapes. */
export const serve = async ({credentials, log, ...given}: Served): Promise<RunningServer> => {
  const readings = new InstanceReadings();
  const means: ServiceMeans = {
    ...given,
    readInstance: readings.begin,
    certificateNotAfterMs: () => credentials.certificateNotAfterMs(),
  };
  const {config} = means;
  const metrics = await loadMetrics(config);
  const services = [{definition: AgentService, implementation: agentService(means)}];
  const server = await startServer({config, log, credentials, services, callEnded: metrics?.callEnded});
  const scrapes = await serveMetrics(metrics, {...means, readInstance: readings.join}, log);
  return {
    ...server,
    stop: async graceMs => {
      scrapes?.close();
      await server.stop(graceMs);
    },
  };
};
