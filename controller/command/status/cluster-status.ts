import {describeProblem} from '../../config/config-invalid.ts';
import type {ConfigFile} from '../../config/load-clusters.ts';
import {selectVip} from '../../vip/select.ts';
import {clusterOf} from '../choose-clusters.ts';
import type {SurveyedCluster, UnaskedCluster} from '../survey-clusters.ts';
import {type Judgement, judgeCluster} from './judge-cluster.ts';
import {critical} from './problem.ts';
import {trustEnds} from './trust-ends.ts';

/** A judged cluster, ready to be shown. */
export interface ClusterStatus extends Judgement {
  readonly name: string;
  readonly file: string;
  readonly cidrs: readonly string[];
  readonly hasVip: boolean;
  /** When it was asked, milliseconds since 1970. */
  readonly nowMs: number;
}

export const statusOf = (asked: SurveyedCluster | UnaskedCluster, nowMs: number): ClusterStatus => {
  const {cluster} = asked;
  const {cidrs, cloud} = selectVip(cluster.vip);
  const {name, file} = cluster;
  const common = {name, file, cidrs, hasVip: cidrs.length > 0 || cloud !== undefined, nowMs};
  if ('error' in asked) {
    const {message, hint} = asked.error as Error & {hint?: string};
    return {...common, ...unknown, problems: [critical(message, hint ?? '')]};
  }
  const {certificate, files} = asked.credentials;
  const ownCertificate = {file: files.certificate, notAfterMs: Date.parse(certificate.validTo)};
  const ends = trustEnds(asked.credentials, nowMs);
  return {...common, ...judgeCluster({cluster, survey: asked.survey, nowMs, ownCertificate, trustEnds: ends})};
};

/** A cluster whose file cannot be used has no hooks that work: MHA would stop in the middle of a failover. */
export const statusOfBroken = ({file, problems}: ConfigFile, nowMs: number): ClusterStatus => ({
  name: clusterOf(file),
  file,
  cidrs: [],
  hasVip: false,
  nowMs,
  ...unknown,
  problems: problems.map(problem => critical(describeProblem(problem), '')),
});

const unknown = {level: 'critical', hosts: [], master: undefined} as const;
