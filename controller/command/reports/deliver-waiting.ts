import {appendFile, mkdir, rename, stat} from 'node:fs/promises';
import {dirname, join} from 'node:path';
import {type LoadedClusters, loadClusters} from '../../config/load-clusters.ts';
import {deadline} from '../../report/attempt.ts';
import {hasDue, retryWaiting} from '../../report/retry.ts';
import {withinLimit} from '../within-limit.ts';

type Cluster = LoadedClusters['clusters'][number];

/** Name servers that say nothing would else hold every thread that reads files. */
const clustersAtATime = 2;
const mostOfLog = 262_144;

/** Sends what waits in all clusters. What comes of it stands in reports.log beside the failover records. */
export const deliverWaiting = async (configDirectory: string, withinMs: number): Promise<void> => {
  const {clusters} = loadClusters(configDirectory);
  const {signal, clear} = deadline(withinMs);
  await withinLimit(clusters, clustersAtATime, async cluster => {
    if (!(await hasDue(cluster))) return;
    const lines: string[] = [];
    await retryWaiting({settings: cluster, signal, tell: line => void lines.push(line)});
    await log(cluster, lines).catch(() => {}); // a full disk: what matters has been sent
  });
  clear();
};

const log = async ({stateDir, name}: Cluster, lines: readonly string[]): Promise<void> => {
  if (lines.length === 0) return;
  const file = join(stateDir, name, 'reports.log');
  await mkdir(dirname(file), {recursive: true, mode: 0o750});
  const {size} = await stat(file).catch(() => ({size: 0})); // not there yet
  if (size > mostOfLog) await rename(file, `${file}.1`);
  const at = new Date().toISOString();
  await appendFile(file, lines.map(line => `${at} ${line}\n`).join(''), {mode: 0o640});
};
