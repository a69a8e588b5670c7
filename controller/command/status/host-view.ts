import type {InstanceStatus, Replication, VipStatus} from '../../../proto/gen/mha_helper/v1/agent.ts';
import type {HostConfig} from '../../config/cluster-config.ts';
import {nameOf} from '../../failover/move.ts';
import {type HostReport, instanceOf, type Survey, vipsOf} from '../../failover/survey.ts';

/** One instance as far as it could be seen. */
export interface HostView {
  /** `db10`, or `db10:3307`. */
  readonly name: string;
  readonly config: HostConfig;
  readonly report: HostReport;
  /** Undefined: mysqld did not answer, or nobody could ask it. */
  readonly instance: InstanceStatus | undefined;
  /** The writer addresses as this host has them. */
  readonly vips: readonly VipStatus[];
}

export const viewHosts = ({hosts}: Survey, cidrs: readonly string[]): readonly HostView[] =>
  hosts.map(report => ({
    name: nameOf(report),
    config: report.config,
    report,
    instance: reachableInstance(report),
    vips: vipsOf(report, cidrs),
  }));

const reachableInstance = (report: HostReport): InstanceStatus | undefined => {
  const instance = instanceOf(report);
  return instance?.reachable === true ? instance : undefined;
};

export const isWritable = ({instance}: HostView): boolean => instance?.readOnly === false;

/** It applies, or at least still fetches, somebody's changes. */
export const isFollowing = ({instance}: HostView): boolean =>
  instance?.replication !== undefined && (instance.replication.ioRunning || instance.replication.sqlRunning);

/**
 * The host among these that the replica follows: by server id, since a source may be called by any of its names and
 * addresses; by name where it has never been connected. Undefined: none that we know.
 */
export const sourceOf = ({instance}: HostView, views: readonly HostView[]): HostView | undefined => {
  const {replication} = instance ?? {};
  if (replication === undefined) return undefined;
  const {sourceServerId} = replication;
  const byId = sourceServerId === 0 ? [] : views.filter(view => view.instance?.serverId === sourceServerId);
  return byId.length === 1 ? byId[0] : views.find(view => isCalled(view, replication));
};

const isCalled = ({config, report}: HostView, {sourceHost, sourcePort}: Replication): boolean =>
  config.port === sourcePort &&
  [config.name, config.ip, config.agent.address, report.status?.host].some(
    name => name?.toLowerCase() === sourceHost.toLowerCase(),
  );

/** Why nobody can tell what the instance does; undefined when it answers. */
export const silenceOf = ({name, config, report, instance}: HostView): string | undefined => {
  if (report.error !== undefined)
    return report.error.message.includes(config.name) ? report.error.message : `${name}: ${report.error.message}`;
  if (instance !== undefined) return undefined;
  const known = instanceOf(report);
  return known === undefined
    ? `the agent on ${config.name} does not know port ${config.port}`
    : `mysqld on ${name} does not answer: ${known.error}`;
};
