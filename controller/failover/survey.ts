import type {GetStatusResponse, InstanceStatus, Vip, VipStatus} from '../../proto/gen/mha_helper/v1/agent.ts';
import type {Agent} from '../agents/agent.ts';
import type {HostConfig} from '../config/cluster-config.ts';
import type {CloudHolder, VipCloud} from '../vip/cloud.ts';
import {within} from '../vip/within.ts';

/** What each agent said, all asked at the same time. */
export interface Survey {
  readonly hosts: readonly HostReport[];
  /** Which machines answer for each VIP on the link, as a host without it sees; undefined: nobody was asked or could tell. */
  readonly answeringMacs?: AnsweringMacs | undefined;
  /** Whom the API gives the VIP to; undefined: there is no API, or it was not asked. */
  readonly cloud?: CloudView | undefined;
}

/** By VIP, as configured. */
export type AnsweringMacs = ReadonlyMap<string, readonly string[]>;

export type CloudView =
  | {readonly holders: readonly CloudHolder[]; readonly error?: undefined}
  | {readonly error: Error & {hint?: string}; readonly holders?: undefined};

export interface HostReport {
  readonly config: HostConfig;
  readonly status: GetStatusResponse | undefined;
  readonly error: Error | undefined;
  /** How far the host's clock is ahead of ours, corrected by half the round trip. */
  readonly clockAheadMs?: number;
}

export interface SurveyTarget {
  readonly config: HostConfig;
  readonly agent: Agent;
  readonly deadlineMs: number;
  /** What this phase will put there: the agent begins at once to look whether somebody else has it. */
  readonly expectedVips?: readonly Vip[];
}

export const takeSurvey = async (
  targets: readonly SurveyTarget[],
  {
    cidrs,
    brief,
    cloud,
  }: {
    readonly cidrs: readonly string[];
    readonly brief: boolean;
    /** The API that decides about the VIP, to be asked as well. */
    readonly cloud?: VipCloud | undefined;
  },
): Promise<Survey> => {
  await cloud?.prepare?.();
  const asked = askCloud(cloud);
  const hosts = await Promise.all(targets.map(target => report(target, {cidrs, brief})));
  return {hosts, cloud: await asked};
};

/** Longer than an agent may take: the first question asks for credentials, too. */
const cloudMs = 8000;

const askCloud = async (cloud: VipCloud | undefined): Promise<CloudView | undefined> => {
  if (cloud === undefined) return undefined;
  try {
    return {holders: await within(cloudMs, cloud.name, signal => cloud.findHolders(signal))};
  } catch (error) {
    return {error: error as Error};
  }
};

const report = async (
  {config, agent, deadlineMs, expectedVips = []}: SurveyTarget,
  {cidrs, brief}: {readonly cidrs: readonly string[]; readonly brief: boolean},
): Promise<HostReport> => {
  try {
    const asked = Date.now();
    const facts = {ports: [config.port], cidrs: [...cidrs], brief};
    const status = await agent.getStatus({...facts, expectedVips: [...expectedVips]}, {deadlineMs});
    return {config, status, error: undefined, clockAheadMs: status.timeMs - (asked + Date.now()) / 2};
  } catch (error) {
    return {config, status: undefined, error: error as Error};
  }
};

export const reportOf = (survey: Survey, config: HostConfig): HostReport =>
  survey.hosts.find(host => host.config === config) ?? {config, status: undefined, error: new Error('was not asked')};

export const instanceOf = (report: HostReport): InstanceStatus | undefined =>
  report.status?.instances.find(({port}) => port === report.config.port);

/** The cluster's addresses as this host reports them, each once, however often it tells them. */
export const vipsOf = (report: HostReport, cidrs: readonly string[]): readonly VipStatus[] => {
  const wanted = report.status?.vips.filter(({cidr}) => cidrs.includes(cidr)) ?? [];
  return [...new Map(wanted.map(vip => [vip.cidr, vip])).values()];
};

/** Highest epoch any agent has seen for the cluster. */
export const highestEpoch = (survey: Survey, cluster: string): number =>
  Math.max(0, ...survey.hosts.map(host => host.status?.epochs[cluster] ?? 0));
