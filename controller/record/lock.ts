import {link, mkdir, readdir, readFile, unlink, writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import type {ProcessIdentity} from './entry.ts';
import {fromStateDir} from './from-state-dir.ts';
import {identify, isAlive, type ProcessOnBoot} from './process-on-boot.ts';
import {endProcess} from './process-stat.ts';

/** Another living process works on the cluster. */
export class ClusterLocked extends Error {
  override readonly name = 'ClusterLocked';
  readonly hint = 'wait until it has ended; a dead holder is recognised and does not block';
  readonly holder: Holder | undefined;

  constructor(message: string, holder: Holder | undefined) {
    super(message);
    this.holder = holder;
  }
}

export interface Lock {
  /** Grows by one with every holder: nobody had the lock between two that follow each other. */
  readonly generation: number;
  /** Leaves the end of what was done for a process that had not asked, in case that does not hear of it otherwise. */
  leave(exitCode: number): void;
  release(): Promise<void>;
}

export interface LockWish {
  readonly purpose: string;
  /** A process that is served without having asked for it: should it want the lock itself, it ends its server and has it. */
  readonly servesUnasked?: ProcessIdentity | undefined;
  /** What findFreeGeneration finds: what was released, or whose holder is dead, stays so. */
  readonly seenFree?: Promise<number | undefined> | undefined;
}

/** What we want the lock for was done for us, to its end, before we asked. */
export class ServedAlready extends Error {
  override readonly name = 'ServedAlready';
  readonly exitCode: number;

  constructor(pid: number, exitCode: number) {
    super(`process ${pid} has done this start already, with exit code ${exitCode}`);
    this.exitCode = exitCode;
  }
}

interface Holder extends ProcessOnBoot, Omit<LockWish, 'seenFree'> {
  readonly released?: boolean;
  /** Of what was done for `servesUnasked`. */
  readonly exitCode?: number | undefined;
}

/**
 * One controller per cluster. Every holder is a generation: a file `lock.<n>` that comes into being by link(2), which
 * only one can win. The newest generation is never removed, only found released or its holder dead; so two who see
 * the same dead holder cannot both succeed it.
 */
export const lockCluster = (
  stateDir: string,
  cluster: string,
  {purpose, servesUnasked, seenFree}: LockWish,
): Promise<Lock> =>
  fromStateDir(stateDir, async () => {
    const directory = join(stateDir, cluster);
    await mkdir(directory, {recursive: true, mode: 0o750});
    const own = {...identify(process.pid), purpose, servesUnasked};
    const generation = await succeed({directory, cluster}, own, seenFree);
    let exitCode: number | undefined;
    const release = () => writeFile(pathOf(directory, generation), JSON.stringify({...own, released: true, exitCode}));
    const leave = (code: number): void => {
      exitCode = code;
    };
    return {generation, leave, release: () => fromStateDir(stateDir, release)};
  });

/** Answers our generation. Whoever serves us unasked may take the lock at any moment, but only once. */
const succeed = async (
  place: Omit<Place, 'generation'>,
  own: Holder,
  seenFree: LockWish['seenFree'],
): Promise<number> => {
  try {
    return await claimNext(place, own, seenFree);
  } catch (error) {
    const {holder} = error as Partial<ClusterLocked>;
    if (holder === undefined || !serves(holder, own) || !(await endProcess(holder))) throw error;
    return claimNext(place, own);
  }
};

/** A start phase waits for every step of this: what can be done beside another is, and what nobody needs is waited for by nobody. */
const claimNext = async (
  {directory, cluster}: Omit<Place, 'generation'>,
  own: Holder,
  seenFree?: LockWish['seenFree'],
): Promise<number> => {
  const temporary = join(directory, `lock.new.${process.pid}.${++count}`);
  const written = writeFile(temporary, JSON.stringify(own), {mode: 0o640});
  const settled = written.catch(() => {}); // told where it is waited for
  const tidy = () => settled.then(() => unlink(temporary)).catch(() => {}); // it was not written
  try {
    const generation = 1 + ((await seenFree) ?? (await findSucceeded(directory, {cluster, own})));
    await written;
    await claim({directory, generation, temporary, cluster});
    await removeOlder({directory, generation, cluster});
    void tidy();
    return generation;
  } catch (error) {
    await tidy(); // the process may end with this
    throw error;
  }
};

let count = 0;

/** Throws ClusterLocked, and ServedAlready. */
const findSucceeded = async (
  directory: string,
  {cluster, own}: {readonly cluster: string; readonly own: Holder},
): Promise<number> => {
  const {generation, holder, before} = await readNewest(directory);
  if (holder !== undefined) throw lockedBy(cluster, holder);
  if (before?.exitCode !== undefined && serves(before, own)) throw new ServedAlready(before.pid, before.exitCode);
  return generation;
};

const serves = ({servesUnasked}: Holder, {pid, startTime}: Holder): boolean =>
  servesUnasked?.pid === pid && servesUnasked.startTime === startTime;

/** The newest generation, if nobody holds the lock: whoever takes it next, and gets the one after, had no other before. */
export const findFreeGeneration = (stateDir: string, cluster: string): Promise<number | undefined> =>
  fromStateDir(stateDir, async () => {
    const {generation, holder} = await readNewest(join(stateDir, cluster));
    return holder === undefined ? generation : undefined;
  });

/** Who works on the cluster now; undefined: nobody. */
export const findLockHolder = async (
  stateDir: string,
  cluster: string,
): Promise<{readonly pid: number; readonly purpose: string} | undefined> => {
  const nobody = {holder: undefined}; // no directory: nobody ever held it
  const {holder} = await readNewest(join(stateDir, cluster)).catch(() => nobody);
  return holder && {pid: holder.pid, purpose: holder.purpose};
};

interface Newest {
  /** 0 before the first. */
  readonly generation: number;
  /** Who holds it, and who held it last; undefined: nobody. */
  readonly holder: Holder | undefined;
  readonly before?: Holder | undefined;
}

const readNewest = async (directory: string): Promise<Newest> => {
  const generation = Math.max(0, ...(await generations(directory)));
  const holder = generation === 0 ? undefined : await readHolder(directory, generation);
  return holder !== undefined && isHeld(holder)
    ? {generation, holder}
    : {generation, holder: undefined, before: holder};
};

interface Place {
  readonly directory: string;
  readonly generation: number;
  readonly cluster: string;
}

const claim = async ({
  directory,
  generation,
  temporary,
  cluster,
}: Place & {readonly temporary: string}): Promise<void> => {
  try {
    await link(temporary, pathOf(directory, generation));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    throw lockedBy(cluster, await readHolder(directory, generation));
  }
};

const pathOf = (directory: string, generation: number): string => join(directory, `lock.${generation}`);

const generations = async (directory: string): Promise<readonly number[]> =>
  (await readdir(directory)).map(name => Number(/^lock\.(\d+)$/.exec(name)?.[1] ?? 0)).filter(number => number > 0);

const readHolder = async (directory: string, generation: number): Promise<Holder | undefined> => {
  try {
    return JSON.parse(await readFile(pathOf(directory, generation), 'utf8')) as Holder;
  } catch {
    return undefined; // torn by a crash in its release: nobody holds it
  }
};

const isHeld = (holder: Holder): boolean => holder.released !== true && isAlive(holder);

const lockedBy = (cluster: string, holder: Holder | undefined): ClusterLocked =>
  new ClusterLocked(
    `cluster ${cluster} is held by ${holder === undefined ? 'another process' : `process ${holder.pid} (${holder.purpose})`}`,
    holder,
  );

/**
 * Others may have come and gone since we looked, and the last of them has removed the generation that we then made again:
 * it shows in a newer one. Ours was none then.
 */
const removeOlder = async ({directory, generation, cluster}: Place): Promise<void> => {
  const others = (await generations(directory)).filter(other => other !== generation);
  const newer = Math.max(0, ...others.filter(other => other > generation));
  if (newer > 0) {
    await remove(directory, generation);
    throw lockedBy(cluster, await readHolder(directory, newer));
  }
  for (const older of others) void remove(directory, older);
};

/** Another may have done it. */
const remove = (directory: string, generation: number): Promise<void> =>
  unlink(pathOf(directory, generation)).catch(() => undefined);
