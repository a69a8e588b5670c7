import {Gauge, type Registry} from 'prom-client';

/** What a scrape tells of the moment. Names, labels and help texts; where a value comes from stands in set-gauges.ts. */
const definitions = {
  agent_info: ['Version of the agent.', 'version'],
  agent_warnings: ['What the agent warns of: mha-helper status says it in words.'],
  certificate_expiry_timestamp_seconds: ["End of the agent's certificate."],
  mysqld_up: ['Whether mysqld answered. At 0 nothing else is known of it.', 'port'],
  mysqld_role: [
    'At 1 the role as the server itself sees it: replica (of anybody), master (of nobody, and writable) or idle.',
    ...['port', 'role'],
  ],
  mysqld_read_only: ['Whether read_only is on.', 'port'],
  mysqld_super_read_only: ['Whether super_read_only is on; absent where the server has none.', 'port'],
  mysqld_event_scheduler: ['Whether the event scheduler is on.', 'port'],
  mysqld_application_threads: ['Connections of applications, as a demotion counts them.', 'port'],
  mysqld_replicas: ['Replicas that read the binary log now.', 'port'],
  mysqld_prepared_xa: ['Prepared XA transactions.', 'port'],
  mysqld_long_writers: ['Transactions that have written and are not over, at most ten.', 'port'],
  mysqld_replication_io_running: ['Whether the replica reads from its source.', 'port'],
  mysqld_replication_sql_running: ['Whether the replica applies what it has read.', 'port'],
  mysqld_replication_lag_seconds: ['How far the replica is behind; absent when the server does not know.', 'port'],
  vip_held: ['Whether this host has the address, on whatever interface.', 'vip'],
  operation_open: ['Operations that are open: a hook is at work.', 'port'],
  operation_undo_pending: ['Operations that could not be put back yet.', 'port'],
  operation_demotion_pending: ['Demotions that wait for mysqld to answer.', 'port'],
  // not "cluster": that label is the target's
  cluster_epoch: ['Number of the newest failover of a cluster that has been here.', 'name'],
  process_start_timestamp_seconds: ['Start of the agent.'],
  process_resident_memory_bytes: ['Memory of the agent.'],
} as const satisfies Record<string, readonly [help: string, ...labels: string[]]>;

export type GaugeName = keyof typeof definitions;

export type Gauges = Readonly<Record<GaugeName, Gauge<string>>>;

/** Every name begins with this. */
export const prefix = 'mha_helper_';

export const makeGauges = (registry: Registry): Gauges =>
  Object.fromEntries(
    Object.entries(definitions).map(([name, [help, ...labelNames]]) => [
      name,
      new Gauge({name: `${prefix}${name}`, help, labelNames, registers: [registry]}),
    ]),
  ) as Record<GaugeName, Gauge<string>>; // made of its very keys
