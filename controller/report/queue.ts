import {randomUUID} from 'node:crypto';
import {mkdir, open, readdir, readFile, rename, stat, unlink} from 'node:fs/promises';
import {join} from 'node:path';
import {identify, isAlive} from '../record/process-on-boot.ts';
import type {ChannelName} from './channel.ts';
import type {Notice} from './notice.ts';
import {parseWaitingName, type WaitingName, waitingName} from './waiting-file.ts';

/** A report that nobody has taken yet. It holds what is told, never how: no address, no URL, no key. */
export interface Waiting {
  readonly channel: ChannelName;
  /** Section whose settings send it, `host:port`; undefined: those of [default]. */
  readonly section: string | undefined;
  readonly notice: Notice;
  readonly attempts: number;
  /** Why the last attempt failed. */
  readonly reason: string | undefined;
}

/** A waiting report that this process delivers: nobody else does meanwhile. */
export interface Claimed {
  readonly waiting: Waiting;
  readonly path: string;
}

/** No more than this waits in a cluster, and none for longer: what is a week old helps nobody. */
export const mostWaiting = 100;
export const oldestMs = 7 * 86_400_000;

export const queueOf = (stateDir: string, cluster: string): string => join(stateDir, cluster, 'reports');

/** Puts a report on disk, flushed, before it is sent. It is claimed by us; one that we do not live to send, others find. */
export const keepReport = async (queue: string, waiting: Waiting): Promise<Claimed> => {
  await mkdir(queue, {recursive: true, mode: 0o700});
  const {channel, attempts, notice} = waiting;
  const path = join(queue, await claimName(waitingName({id: notice.id, atMs: notice.atMs, channel, attempts})));
  await writeDurably(queue, path, waiting);
  return {waiting, path};
};

/** Reports that nobody is delivering, oldest first. What a dead process had claimed is free again. */
export const listWaiting = async (queue: string): Promise<readonly WaitingName[]> => {
  const names = await readdir(queue).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  const files = await Promise.all(
    names.map(async file => {
      const parsed = parseWaitingName(file);
      if (parsed?.holder === undefined) return parsed === undefined ? [] : [parsed];
      if (isAlive(parsed.holder)) return [];
      const isFree = await move(join(queue, file), join(queue, parsed.name));
      return isFree ? [{...parsed, holder: undefined}] : [];
    }),
  );
  return files.flat().toSorted((a, b) => a.atMs - b.atMs);
};

/** When its next attempt may be made: soon, then less and less often. Unreadable, somebody else has it. */
export const isDue = async (queue: string, {name, attempts}: WaitingName): Promise<boolean> => {
  const tried = await stat(join(queue, name)).catch(() => undefined);
  if (tried === undefined) return false;
  const pauseMs = Math.min(firstPauseMs * 2 ** Math.max(0, attempts - 1), longestPauseMs);
  const sinceMs = Date.now() - tried.mtimeMs;
  return attempts === 0 || sinceMs >= pauseMs || sinceMs < 0; // the clock was set back
};

const firstPauseMs = 10_000;
const longestPauseMs = 900_000;

/** Takes a waiting report for this process; undefined: another one was faster, or nobody can read it. */
export const claimReport = async (queue: string, {name}: WaitingName): Promise<Claimed | undefined> => {
  const path = join(queue, await claimName(name));
  if (!(await move(join(queue, name), path))) return undefined;
  const waiting = parseWaiting(await readFile(path, 'utf8'));
  if (waiting !== undefined) return {waiting, path};
  await unlink(path); // torn by a full disk, or by hand: it can never be sent
  return undefined;
};

/** It was taken, or is given up. */
export const forgetReport = ({path}: Claimed): Promise<void> => unlink(path);

/** Leaves it to the next command. In this order a crash leaves one file, never two. */
export const giveBack = async (queue: string, {waiting, path}: Claimed, reason: string): Promise<void> => {
  const again = {...waiting, attempts: waiting.attempts + 1, reason};
  await writeDurably(queue, path, again);
  const {notice, channel, attempts} = again;
  await rename(path, join(queue, waitingName({id: notice.id, atMs: notice.atMs, channel, attempts})));
};

/** As it stands there; undefined: it cannot be read, or is gone. */
export const readWaiting = async (queue: string, {name}: WaitingName): Promise<Waiting | undefined> =>
  readFile(join(queue, name), 'utf8').then(parseWaiting, () => undefined);

export const isTooOld = ({atMs}: WaitingName): boolean => Date.now() - atMs > oldestMs;

/** Lets a report go unsent. False: it was gone already. */
export const dropReport = (queue: string, {name}: WaitingName): Promise<boolean> =>
  unlink(join(queue, name)).then(
    () => true,
    () => false,
  );

/** The newest reports matter most: room for one is made at the old end. Tells how many it took. */
export const makeRoom = async (queue: string): Promise<number> => {
  const waiting = await listWaiting(queue);
  const surplus = waiting.slice(0, Math.max(0, waiting.length - mostWaiting + 1));
  const dropped = await Promise.all(surplus.map(one => dropReport(queue, one)));
  await removeTorn(queue);
  return dropped.filter(Boolean).length;
};

/** What a crash left half written. A file that is being written is younger. */
const removeTorn = async (queue: string): Promise<void> => {
  const names = await readdir(queue).catch(() => []); // not there yet
  for (const name of names.filter(one => one.startsWith(temporaryPrefix))) {
    const {mtimeMs = Date.now()} = (await stat(join(queue, name)).catch(() => undefined)) ?? {};
    if (Date.now() - mtimeMs > 3_600_000) await unlink(join(queue, name)).catch(() => {}); // another one did it
  }
};

const temporaryPrefix = '.new-';

const claimName = async (name: string): Promise<string> => {
  const {pid, startTime, bootId} = identify(process.pid);
  return `${name}.${pid}.${startTime}.${bootId}`;
};

const writeDurably = async (queue: string, path: string, waiting: Waiting): Promise<void> => {
  const temporary = join(queue, `${temporaryPrefix}${randomUUID()}`);
  const file = await open(temporary, 'wx', 0o600);
  try {
    await file.writeFile(JSON.stringify({version: 1, ...waiting}));
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(temporary, path);
  const directory = await open(queue);
  await directory.sync().finally(() => directory.close());
};

/** Of several that move the same file, one succeeds. */
const move = (from: string, to: string): Promise<boolean> =>
  rename(from, to).then(
    () => true,
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return false;
      throw error;
    },
  );

const parseWaiting = (text: string): Waiting | undefined => {
  try {
    const value = JSON.parse(text) as Waiting & {readonly version?: unknown};
    const isWhole = value.version === 1 && typeof value.notice.id === 'string' && typeof value.notice.body === 'string';
    return isWhole ? value : undefined;
  } catch {
    return undefined;
  }
};
