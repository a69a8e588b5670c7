import {type ClientCredentials, clientCredentials} from '../agents/credentials.ts';
import type {ClusterConfig} from '../config/cluster-config.ts';
import {Parties} from '../failover/parties.ts';
import {type Survey, takeSurvey} from '../failover/survey.ts';
import {selectVip} from '../vip/select.ts';
import {withinWeight} from './within-weight.ts';

/** A silent agent costs its own line this much, and nobody else's. */
export const answerMs = 3000;
/** With all agents of a large site at once, the last ones would miss their deadline: each costs us milliseconds of TLS. */
const agentsAtATime = 48;
/** An agent that lives has answered by then. Clusters with one that is silent wait beside the others, not before them. */
const patienceMs = 500;

/** A cluster with what its agents said, while their connections are open. */
export interface SurveyedCluster {
  readonly cluster: ClusterConfig;
  readonly parties: Parties;
  readonly survey: Survey;
  readonly credentials: ClientCredentials;
}

/** The controller's own TLS files cannot be used for this cluster: nobody was asked. */
export interface UnaskedCluster {
  readonly cluster: ClusterConfig;
  readonly error: Error;
}

/** Asks all agents of all clusters everything they know. Changes nothing. */
export const surveyClusters = <R>(
  clusters: readonly ClusterConfig[],
  act: (asked: SurveyedCluster | UnaskedCluster) => Promise<R>,
): Promise<readonly R[]> => {
  const credentialsFor = shareCredentials();
  const together = {limit: agentsAtATime, weightOf: ({hosts}: ClusterConfig) => hosts.length, patienceMs};
  return withinWeight(clusters, together, async cluster => {
    let credentials: ClientCredentials;
    try {
      credentials = await credentialsFor(cluster.tls);
    } catch (error) {
      return act({cluster, error: error as Error});
    }
    const parties = await Parties.load(cluster, credentials);
    try {
      return await act({cluster, parties, credentials, survey: await askAll(cluster, parties)});
    } finally {
      parties.close();
    }
  });
};

export const askAll = (cluster: ClusterConfig, parties: Parties): Promise<Survey> => {
  const {cidrs, cloud} = selectVip(cluster.vip);
  return takeSurvey(
    parties.all().map(party => ({...party, deadlineMs: answerMs})),
    {cidrs, cloud, brief: false},
  );
};

/** Reading the files and building the TLS context is what costs; most clusters share theirs. */
const shareCredentials = (): ((files: ClusterConfig['tls']) => Promise<ClientCredentials>) => {
  const known = new Map<string, Promise<ClientCredentials>>();
  return files => {
    const key = JSON.stringify(files);
    const credentials = known.get(key) ?? clientCredentials(files);
    known.set(key, credentials);
    return credentials;
  };
};
