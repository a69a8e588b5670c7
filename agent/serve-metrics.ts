import type {AgentConfig} from './config/agent-config.ts';
import type {Log} from './log.ts';
import type {MetricsListener} from './metrics/listen.ts';
import type {Metrics} from './metrics/metrics.ts';
import {getStatus, type StatusMeans} from './service/status.ts';

/** Its library costs memory for as long as the agent runs: only who asks for metrics pays. */
export const loadMetrics = async ({metricsListen, host}: AgentConfig): Promise<Metrics | undefined> => {
  if (metricsListen === undefined) return undefined;
  const {createMetrics} = await import('./metrics/metrics.ts');
  return createMetrics(host);
};

/** A port that is taken costs the metrics, never the agent. */
export const serveMetrics = async (
  metrics: Metrics | undefined,
  means: StatusMeans,
  log: Log,
): Promise<MetricsListener | undefined> => {
  const {metricsListen: at} = means.config;
  if (metrics === undefined || at === undefined) return undefined;
  try {
    const listener = await metrics.listen(at, () => getStatus({ports: [], cidrs: [], brief: true}, means));
    if (!isLoopback(at.address)) log.warn('whoever reaches this address may read the metrics', at);
    log.info('metrics are served', {...at, port: listener.port});
    return listener;
  } catch (error) {
    log.error('metrics are not served', {...at, error});
    return undefined;
  }
};

const isLoopback = (address: string): boolean => address === '::1' || address === 'localhost' || /^127\./.test(address);
