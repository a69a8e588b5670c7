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

/** What one look at the clusters has found. */
export interface StatusLook {
  /** For people, or one JSON object. */
  readonly lines: readonly string[];
  /** What could not be judged because of the configuration as a whole. */
  readonly notes: readonly string[];
  /** 0 healthy, 1 degraded, 2 critical; of several clusters, the worst. */
  readonly exitCode: number;
}

/** Tells how the clusters are. */
export const showStatus = async (options: StatusOptions, environment: CommandEnvironment): Promise<number> => {
  const {lines, notes, exitCode} = await lookAtClusters(options, environment);
  for (const note of notes) environment.complain(note);
  if (options.json) for (const line of lines) environment.tell(line);
  else await environment.tellPaged(lines);
  return exitCode;
};

export const lookAtClusters = async (options: StatusOptions, environment: CommandEnvironment): Promise<StatusLook> => {
  const loaded = loadClusters(environment.configDirectory, environment.cloudEnvironment);
  const chosen = chooseClusters(loaded, options.cluster);
  const broken = options.cluster === undefined ? loaded.files.filter(({cluster}) => cluster === undefined) : [];
  const between = loaded.problems.filter(problem => !loaded.files.some(({problems}) => problems.includes(problem)));
  const asked = await surveyClusters(chosen, async answer => statusOf(answer, Date.now()));
  const statuses = [...asked, ...broken.map(file => statusOfBroken(file, Date.now()))];
  return {
    lines: options.json
      ? [JSON.stringify(statusJson(statuses, Date.now()))]
      : render(worstFirst(statuses), environment),
    notes: between.map(problem => `note: ${describeProblem(problem)}`),
    exitCode: rankOf(worstOf(statuses.map(({level}) => level))),
  };
};

/** Nobody reads three hundred healthy clusters to find the one that is not. */
const worstFirst = (statuses: readonly ClusterStatus[]): readonly ClusterStatus[] =>
  statuses.toSorted((one, other) => rankOf(other.level) - rankOf(one.level));

const render = (statuses: readonly ClusterStatus[], {terminal}: CommandEnvironment): readonly string[] => {
  const blocks = statuses.map(status => renderStatus(status, terminal));
  const lines = blocks.flatMap((block, index) => (index === 0 ? block : ['', ...block]));
  return statuses.length > 1 ? [renderSummary(statuses, terminal), '', ...lines] : lines;
};
