import {link, mkdir, readdir, readFile, unlink, writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import {fromStateDir} from './from-state-dir.ts';
import {identify, isAlive, type ProcessOnBoot} from './process-on-boot.ts';

/** Another living process works on the cluster. */
export class ClusterLocked extends Error {
  override readonly name = 'ClusterLocked';
  readonly hint = 'wait until it has ended; a dead holder is recognised and does not block';
}

export interface Lock {
  release(): Promise<void>;
}

interface Holder extends ProcessOnBoot {
  readonly purpose: string;
  readonly released?: boolean;
}

/**
 * One controller per cluster. Every holder is a generation: a file `lock.<n>` that comes into being by link(2), which
 * only one can win. The newest generation is never removed, only found released or its holder dead; so two who see
 * the same dead holder cannot both succeed it.
 */
export const lockCluster = (stateDir: string, cluster: string, purpose: string): Promise<Lock> =>
  fromStateDir(stateDir, () => succeed(stateDir, cluster, purpose));

const succeed = async (stateDir: string, cluster: string, purpose: string): Promise<Lock> => {
  const directory = join(stateDir, cluster);
  await mkdir(directory, {recursive: true, mode: 0o750});
  const generation = await newestGeneration(directory);
  const holder = generation === 0 ? undefined : await readHolder(directory, generation);
  if (holder !== undefined && (await isHeld(holder))) throw lockedBy(cluster, holder);
  const own = {...(await identify(process.pid)), purpose};
  await claim({directory, generation: generation + 1, own, cluster});
  await removeOlder(directory, generation);
  const release = () => writeFile(pathOf(directory, generation + 1), JSON.stringify({...own, released: true}));
  return {release: () => fromStateDir(stateDir, release)};
};

/** Who works on the cluster now; undefined: nobody. */
export const findLockHolder = async (
  stateDir: string,
  cluster: string,
): Promise<{readonly pid: number; readonly purpose: string} | undefined> => {
  const directory = join(stateDir, cluster);
  const generation = await newestGeneration(directory).catch(() => 0); // no directory: nobody ever held it
  const holder = generation === 0 ? undefined : await readHolder(directory, generation);
  return holder !== undefined && (await isHeld(holder)) ? {pid: holder.pid, purpose: holder.purpose} : undefined;
};

const claim = async ({
  directory,
  generation,
  own,
  cluster,
}: {
  directory: string;
  generation: number;
  own: Holder;
  cluster: string;
}) => {
  const temporary = join(directory, `lock.new.${process.pid}`);
  await writeFile(temporary, JSON.stringify(own), {mode: 0o640});
  try {
    await link(temporary, pathOf(directory, generation));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    throw lockedBy(cluster, await readHolder(directory, generation));
  } finally {
    await unlink(temporary);
  }
};

const pathOf = (directory: string, generation: number): string => join(directory, `lock.${generation}`);

const newestGeneration = async (directory: string): Promise<number> =>
  Math.max(0, ...(await readdir(directory)).map(name => Number(/^lock\.(\d+)$/.exec(name)?.[1] ?? 0)));

const readHolder = async (directory: string, generation: number): Promise<Holder | undefined> => {
  try {
    return JSON.parse(await readFile(pathOf(directory, generation), 'utf8')) as Holder;
  } catch {
    return undefined; // torn by a crash in its release: nobody holds it
  }
};

const isHeld = async (holder: Holder): Promise<boolean> => holder.released !== true && (await isAlive(holder));

const lockedBy = (cluster: string, holder: Holder | undefined): ClusterLocked =>
  new ClusterLocked(
    `cluster ${cluster} is held by ${holder === undefined ? 'another process' : `process ${holder.pid} (${holder.purpose})`}`,
  );

const removeOlder = async (directory: string, newest: number): Promise<void> => {
  const older = (await readdir(directory)).filter(
    name => Number(/^lock\.(\d+)$/.exec(name)?.[1] ?? Number.POSITIVE_INFINITY) <= newest,
  );
  await Promise.all(older.map(name => unlink(join(directory, name)).catch(() => undefined))); // another may have done it
};
