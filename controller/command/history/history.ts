import {loadClusters} from '../../config/load-clusters.ts';
import {listRecords} from '../../record/record-file.ts';
import {chooseClusters} from '../choose-clusters.ts';
import {CommandMisused} from '../command-misused.ts';
import type {CommandEnvironment} from '../environment.ts';
import {withinLimit} from '../within-limit.ts';
import {historyJson} from './history-json.ts';
import {type PastFailover, readPastFailover} from './past-failover.ts';
import {renderHistory} from './render-history.ts';

export interface HistoryOptions {
  readonly cluster: string | undefined;
  readonly json: boolean;
  readonly limit: string | undefined;
}

const defaultLimit = 20;
const filesAtATime = 16;

/** Lists the failovers that this manager has records of, newest first. Exit code 1: some cannot be read. */
export const showHistory = async (options: HistoryOptions, environment: CommandEnvironment): Promise<number> => {
  const {tell, terminal} = environment;
  const limit = parseLimit(options.limit);
  const clusters = chooseClusters(loadClusters(environment.configDirectory), options.cluster);
  const listed = await Promise.all(
    clusters.map(async ({name, stateDir}) => {
      const paths = await listRecords(stateDir, name);
      return paths.map((path, index) => ({path, stateDir, cluster: name, isNewest: index === 0}));
    }),
  );
  const newest = listed.flatMap(paths => paths.slice(0, limit));
  const read = await withinLimit(newest, filesAtATime, readPastFailover);
  const shown = read.toSorted(newestFirst).slice(0, limit);
  const total = listed.reduce((sum, paths) => sum + paths.length, 0);
  if (options.json) tell(JSON.stringify(historyJson(shown, total)));
  else if (total === 0) tell(sayNone(clusters.map(({name}) => name)));
  else for (const line of renderHistory(shown, {total, cluster: options.cluster}, terminal)) tell(line);
  return shown.every(({timeline}) => timeline !== undefined) ? 0 : 1;
};

const parseLimit = (text: string | undefined): number => {
  if (text === undefined) return defaultLimit;
  if (/^\d{1,6}$/.test(text) && Number(text) > 0) return Number(text);
  throw new CommandMisused(`--limit ${JSON.stringify(text)} is no number of failovers`, 'write a whole number above 0');
};

/** Inside a cluster the number decides, whatever the clock said. */
const newestFirst = (a: PastFailover, b: PastFailover): number =>
  a.cluster === b.cluster ? b.epoch - a.epoch : (b.startedMs || 0) - (a.startedMs || 0);

const sayNone = (clusters: readonly string[]): string =>
  clusters.length === 1
    ? `cluster ${clusters[0]} has had no failover that this manager knows of`
    : 'there has been no failover that this manager knows of';
