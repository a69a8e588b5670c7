import {cloudFindings} from '../../failover/cloud-findings.ts';
import type {Survey} from '../../failover/survey.ts';
import type {VipProvider} from '../../vip/provider.ts';
import type {HostView} from './host-view.ts';
import {type ClusterProblem, critical, degraded} from './problem.ts';

/** Where an API decides about the VIP: it belongs to the master, all of it, and to nobody else. */
export const judgeCloud = (vip: VipProvider, survey: Survey, master: HostView | undefined): ClusterProblem[] => {
  if (survey.cloud?.error !== undefined)
    return [degraded(survey.cloud.error.message, survey.cloud.error.hint ?? 'mha-helper check says more')];
  if (master === undefined) return [];
  const {elsewhere, missing} = cloudFindings(vip, survey, master);
  return [...elsewhere, ...missing].map(text => critical(text, 'mha-helper vip release and vip acquire move it'));
};
