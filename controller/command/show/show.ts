import {loadClusters} from '../../config/load-clusters.ts';
import {listRecords} from '../../record/record-file.ts';
import {chooseCluster} from '../choose-clusters.ts';
import {CommandMisused} from '../command-misused.ts';
import type {CommandEnvironment} from '../environment.ts';
import {type RecordPlace, readPastFailover} from '../history/past-failover.ts';
import {renderTimeline} from './render-timeline.ts';
import {showJson} from './show-json.ts';

export interface ShowOptions {
  /** `<cluster>-<epoch>`. */
  readonly id: string;
  readonly json: boolean;
}

/** Tells the whole story of one failover. Exit code 1: its record cannot be read. */
export const showFailover = async ({id, json}: ShowOptions, environment: CommandEnvironment): Promise<number> => {
  const {tell, complain, terminal} = environment;
  const failover = await readPastFailover(await findRecord(id, environment.configDirectory));
  const {timeline, outcome, problem} = failover;
  if (timeline === undefined || outcome === undefined) {
    complain(`mha-helper show: ${failover.id} cannot be read: ${problem}`);
    complain('  what the hosts themselves say: mha-helper status');
    return 1;
  }
  if (json) tell(JSON.stringify(showJson(timeline, outcome)));
  else for (const line of renderTimeline(timeline, outcome, terminal)) tell(line);
  return 0;
};

const findRecord = async (id: string, configDirectory: string): Promise<RecordPlace> => {
  const [, name, number] = /^(.+)-(\d{1,15})$/.exec(id) ?? [];
  if (name === undefined)
    throw new CommandMisused(
      `${JSON.stringify(id)} is not the name of a failover`,
      'write it as mha-helper history shows it, like cluster1-12',
    );
  const {stateDir} = chooseCluster(loadClusters(configDirectory), name);
  const paths = await listRecords(stateDir, name);
  const numberOf = (path: string): number => Number.parseInt(path.split('/').at(-1) ?? '', 10);
  const index = paths.findIndex(path => numberOf(path) === Number(number));
  const path = paths[index];
  if (path !== undefined) return {path, stateDir, cluster: name, isNewest: index === 0};
  const known = paths.slice(0, 5).map(one => `${name}-${numberOf(one)}`);
  throw new CommandMisused(
    `there is no record of a failover ${id}${known.length === 0 ? '' : `; the newest are: ${known.join(', ')}`}`,
    `all of them: mha-helper history ${name}`,
  );
};
