import type {ClusterConfig} from '../config/cluster-config.ts';
import type {HookEnvironment} from './run-hook.ts';

/**
 * At the end of a failover, done or not, lets Prometheus know. Not after a stop that MHA goes on from: nobody can write then,
 * and the start that follows tells it all.
 */
export const leaveMetrics = async (
  {metricsTextfileDir, name}: ClusterConfig,
  {startMetrics, tell}: Pick<HookEnvironment, 'startMetrics' | 'tell'>,
): Promise<void> => {
  if (metricsTextfileDir === undefined) return;
  await startMetrics(name).catch((error: Error) => tell(`note: the metrics are not written: ${error.message}`));
};
