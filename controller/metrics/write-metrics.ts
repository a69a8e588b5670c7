import {rename, unlink, writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import type {ClusterConfig} from '../config/cluster-config.ts';
import {readNewest} from '../record/record-file.ts';
import {failoverMetrics} from './failover-metrics.ts';

/**
 * Tells Prometheus of the newest failover, through a file that its node exporter reads. Never throws, and does not wait for
 * a directory that hangs. Hooks leave it to a process of its own (start-writer.ts).
 */
export const writeMetrics = async (
  {metricsTextfileDir: directory, stateDir, name}: Pick<ClusterConfig, 'metricsTextfileDir' | 'stateDir' | 'name'>,
  {tell, withinMs = 5000}: {readonly tell: (line: string) => void; readonly withinMs?: number},
): Promise<void> => {
  if (directory === undefined) return;
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`not done within ${withinMs} ms`)), withinMs);
  });
  try {
    await Promise.race([write(directory, stateDir, name), late]);
  } catch (error) {
    tell(`note: the metrics could not be written to ${directory}: ${(error as Error).message}`);
  } finally {
    clearTimeout(timer);
  }
};

const write = async (directory: string, stateDir: string, cluster: string): Promise<void> => {
  const {record} = await readNewest(stateDir, cluster);
  if (record === undefined) return;
  // The exporter reads whatever ends in .prom: it must never see half a file.
  const temporary = join(directory, `.mha_helper_${cluster}.${process.pid}`);
  try {
    await writeFile(temporary, failoverMetrics(record), {mode: 0o644});
    await rename(temporary, join(directory, `mha_helper_${cluster}.prom`));
  } catch (error) {
    await unlink(temporary).catch(() => {}); // it may not have come so far
    throw error;
  }
};
