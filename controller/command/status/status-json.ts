import type {InstanceStatus, OperationStatus, VipStatus} from '../../../proto/gen/mha_helper/v1/agent.ts';
import {AgentUnreachable} from '../../agents/errors.ts';
import {instanceOf} from '../../failover/survey.ts';
import type {ClusterStatus} from './cluster-status.ts';
import type {JudgedHost} from './judge-cluster.ts';
import {daysUntil} from './judge-host.ts';
import {rankOf, worstOf} from './problem.ts';

/** Everything that is known, for programs. Keys are snake_case; unknown facts are null. */
export const statusJson = (statuses: readonly ClusterStatus[], nowMs: number) => {
  const level = worstOf(statuses.map(status => status.level));
  return {level, exit_code: rankOf(level), time_ms: nowMs, clusters: statuses.map(clusterJson)};
};

const clusterJson = ({name, file, level, problems, master, cidrs, hosts, nowMs}: ClusterStatus) => ({
  name,
  file,
  level,
  reason: problems[0]?.message ?? null,
  problems: problems.map(problem => ({...problem, host: problem.host ?? null})),
  master: master?.name ?? null,
  vips: cidrs.map(cidr => ({
    cidr,
    holders: hosts.filter(({vips}) => vips.some(vip => vip.cidr === cidr && vip.present)).map(host => host.name),
  })),
  hosts: hosts.map(host => hostJson(host, nowMs)),
});

const hostJson = ({name, config, role, report, vips}: JudgedHost, nowMs: number) => {
  const {status, error, clockAheadMs} = report;
  const instance = instanceOf(report);
  return {
    name,
    host: config.name,
    port: config.port,
    role,
    agent: {
      address: config.agent.address,
      port: config.agent.port,
      error: error?.message ?? null,
      why: error instanceof AgentUnreachable ? error.why : null,
      version: status?.agentVersion ?? null,
      clock_ahead_ms: clockAheadMs === undefined ? null : Math.round(clockAheadMs),
      certificate_not_after_ms: status?.certificateNotAfterMs ?? null,
      certificate_days: status === undefined ? null : daysUntil(status.certificateNotAfterMs, nowMs),
      epochs: status?.epochs ?? null,
      operations: status?.operations.map(operationJson) ?? null,
      warnings: status?.warnings ?? null,
      read_only_since_boot: status?.readOnlySinceBoot ?? null,
    },
    instance: instance === undefined ? null : instanceJson(instance),
    vips: vips.map(vipJson),
  };
};

const instanceJson = (instance: InstanceStatus) =>
  instance.reachable
    ? {
        reachable: true,
        error: instance.error,
        version: instance.version,
        flavour: instance.flavour,
        server_id: instance.serverId,
        read_only: instance.readOnly,
        super_read_only: instance.superReadOnly ?? null,
        event_scheduler: instance.eventScheduler,
        replication: replicationJson(instance),
        replicas: instance.replicas,
        application_threads: instance.applicationThreads,
        prepared_xa: instance.preparedXa,
        binlog_position: instance.binlogPosition,
        missing_grants: instance.missingGrants,
        long_writers: instance.longWriters.map(({threadId, user, host, seconds}) => ({
          thread_id: threadId,
          user,
          host,
          seconds,
        })),
      }
    : {reachable: false, error: instance.error};

const replicationJson = ({replication}: InstanceStatus) =>
  replication === undefined
    ? null
    : {
        source_host: replication.sourceHost,
        source_port: replication.sourcePort,
        io_running: replication.ioRunning,
        sql_running: replication.sqlRunning,
        lag_seconds: replication.lagSeconds ?? null,
        last_error: replication.lastError,
      };

const vipJson = ({cidr, present, interface: device, mac, wouldLose, prefixLength}: VipStatus) => ({
  cidr,
  present,
  interface: device,
  mac,
  prefix_length: prefixLength,
  would_lose: wouldLose,
});

const operationJson = ({
  operationId,
  cluster,
  port,
  epoch,
  purpose,
  state,
  changes,
  caller,
  openedMs,
  demotionPending,
}: OperationStatus) => ({
  operation_id: operationId,
  cluster,
  port,
  epoch,
  purpose,
  state,
  changes,
  caller,
  opened_ms: openedMs,
  demotion_pending: demotionPending,
});
