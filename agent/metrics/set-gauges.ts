import type {
  GetStatusResponse,
  InstanceStatus,
  OperationStatus,
  Replication,
} from '../../proto/gen/mha_helper/v1/agent.ts';
import type {Gauges} from './gauges.ts';

/** From what a status call answers. What is not known has no sample: a stale or a made up one would mislead an alert. */
export const setGauges = (gauges: Gauges, status: GetStatusResponse): void => {
  for (const gauge of Object.values(gauges)) gauge.reset();
  gauges.agent_info.set({version: status.agentVersion}, 1);
  gauges.agent_warnings.set(status.warnings.length);
  gauges.certificate_expiry_timestamp_seconds.set(status.certificateNotAfterMs / 1000);
  gauges.process_start_timestamp_seconds.set(performance.timeOrigin / 1000);
  gauges.process_resident_memory_bytes.set(process.memoryUsage.rss());
  for (const instance of status.instances) setInstance(gauges, instance, status.operations);
  for (const {cidr, present} of status.vips) gauges.vip_held.set({vip: cidr}, Number(present));
  for (const [name, epoch] of Object.entries(status.epochs)) gauges.cluster_epoch.set({name}, epoch);
};

const setInstance = (gauges: Gauges, instance: InstanceStatus, operations: readonly OperationStatus[]): void => {
  const port = String(instance.port);
  const own = operations.filter(operation => operation.port === instance.port);
  gauges.operation_open.set({port}, own.filter(({state}) => state === 'OPEN').length);
  gauges.operation_undo_pending.set({port}, own.filter(({state}) => state === 'UNDO_PENDING').length);
  gauges.operation_demotion_pending.set({port}, own.filter(({demotionPending}) => demotionPending).length);
  gauges.mysqld_up.set({port}, Number(instance.reachable));
  if (!instance.reachable) return;
  const {readOnly, superReadOnly, replication} = instance;
  gauges.mysqld_role.set({port, role: roleOf(instance)}, 1);
  gauges.mysqld_read_only.set({port}, Number(readOnly));
  if (superReadOnly !== undefined) gauges.mysqld_super_read_only.set({port}, Number(superReadOnly));
  gauges.mysqld_event_scheduler.set({port}, Number(instance.eventScheduler === 'ON'));
  gauges.mysqld_application_threads.set({port}, instance.applicationThreads);
  gauges.mysqld_replicas.set({port}, instance.replicas);
  gauges.mysqld_prepared_xa.set({port}, instance.preparedXa);
  gauges.mysqld_long_writers.set({port}, instance.longWriters.length);
  if (replication !== undefined) setReplication(gauges, port, replication);
};

const setReplication = (gauges: Gauges, port: string, {ioRunning, sqlRunning, lagSeconds}: Replication): void => {
  gauges.mysqld_replication_io_running.set({port}, Number(ioRunning));
  gauges.mysqld_replication_sql_running.set({port}, Number(sqlRunning));
  if (lagSeconds !== undefined) gauges.mysqld_replication_lag_seconds.set({port}, lagSeconds);
};

const roleOf = ({replication, readOnly}: InstanceStatus): 'replica' | 'master' | 'idle' => {
  if (replication !== undefined) return 'replica';
  return readOnly ? 'idle' : 'master';
};
