import {describeProblem} from '../../config/config-invalid.ts';
import {loadClusters} from '../../config/load-clusters.ts';
import {chooseClusters} from '../choose-clusters.ts';
import type {CommandEnvironment} from '../environment.ts';
import {surveyClusters} from '../survey-clusters.ts';
import {type ClusterStatus, statusOf, statusOfBroken} from './cluster-status.ts';
import {rankOf, worstOf} from './problem.ts';
import {renderStatus, renderSummary} from './render-status.ts';
import {statusJson} from './status-json.ts';

export interface StatusOptions {
  readonly cluster: string | undefined;
  readonly json: boolean;
}

/** Tells how the clusters are. Exit code: 0 healthy, 1 degraded, 2 critical; of several, the worst. */
export const showStatus = async (options: StatusOptions, environment: CommandEnvironment): Promise<number> => {
  const {tell, complain} = environment;
  const loaded = loadClusters(environment.configDirectory, environment.cloudEnvironment);
  const chosen = chooseClusters(loaded, options.cluster);
  const broken = options.cluster === undefined ? loaded.files.filter(({cluster}) => cluster === undefined) : [];
  const between = loaded.problems.filter(problem => !loaded.files.some(({problems}) => problems.includes(problem)));
  for (const problem of between) complain(`note: ${describeProblem(problem)}`);
  const asked = await surveyClusters(chosen, async answer => statusOf(answer, Date.now()));
  const statuses = [...asked, ...broken.map(file => statusOfBroken(file, Date.now()))];
  if (options.json) tell(JSON.stringify(statusJson(statuses, Date.now())));
  else tellStatuses(statuses, environment);
  return rankOf(worstOf(statuses.map(({level}) => level)));
};

const tellStatuses = (statuses: readonly ClusterStatus[], {tell, terminal}: CommandEnvironment): void => {
  const blocks = statuses.map(status => renderStatus(status, terminal));
  const lines = blocks.flatMap((block, index) => (index === 0 ? block : ['', ...block]));
  if (statuses.length > 1) tell(`${renderSummary(statuses, terminal)}\n`);
  for (const line of lines) tell(line);
};
