import type {ClusterConfig} from '../config/cluster-config.ts';
import {selectVip} from '../vip/select.ts';
import {Parties} from './parties.ts';
import {takeSurvey, vipsOf} from './survey.ts';

export interface VipHolders {
  readonly cidr: string;
  /** Hosts seen with the address; undefined: no host answered. */
  readonly holders: readonly string[] | undefined;
}

/** Which hosts have the cluster's addresses now, of those that answer in time. */
export const findVipHolders = async (cluster: ClusterConfig, deadlineMs: number): Promise<VipHolders[]> => {
  const {cidrs} = selectVip(cluster.vip);
  const parties = await Parties.load(cluster);
  const survey = await takeSurvey(
    parties.all().map(party => ({...party, deadlineMs})),
    {cidrs, brief: true},
  );
  parties.close();
  const answered = survey.hosts.filter(({status}) => status !== undefined);
  const holdersOf = (cidr: string): string[] =>
    answered.filter(report => vipsOf(report, [cidr]).some(({present}) => present)).map(({config}) => config.name);
  return cidrs.map(cidr => ({cidr, holders: answered.length > 0 ? holdersOf(cidr) : undefined}));
};

/** Nobody was asked. */
export const unknownHolders = (cluster: ClusterConfig): VipHolders[] =>
  selectVip(cluster.vip).cidrs.map(cidr => ({cidr, holders: undefined}));
