import {closeSync, constants, fstatSync, open, read, readdirSync, readFileSync} from 'node:fs';
import {basename, join} from 'node:path';
import type {WantedStarter} from '../hook/run-hook.ts';
import type {ProcessIdentity} from '../record/entry.ts';
import {isRunning} from '../record/process-stat.ts';

/**
 * What a starter that waits tells the hook of the start phase: `starter.json` beside the failover records, for its own
 * account only. Small programs read this, so nothing but Node's own file functions is loaded for it.
 */
export interface Offer extends ProcessIdentity {
  readonly socket: string;
  /** Whoever knows it has read this file. */
  readonly nonce: string;
  readonly configDirectory: string;
  readonly hook: WantedStarter['hook'];
  /** `host:port` as MHA names them. */
  readonly oldMaster: string;
  /** Absent: whichever MHA says. */
  readonly newMaster?: string;
}

/** The start phase that somebody must be waiting for. */
export type Search = Pick<Offer, 'configDirectory' | 'hook' | 'oldMaster'> & {readonly newMaster: string};

const nameOf = (directory: string): string => join(directory, 'starter.json');

/** Replaces the offer of an earlier starter of the cluster. */
export const publishOffer = async (directory: string, offer: Offer): Promise<void> => {
  const {rename, writeFile} = await import('node:fs/promises'); // here, because the hook needs none of it
  const temporary = `${nameOf(directory)}.${offer.pid}`;
  await writeFile(temporary, JSON.stringify(offer), {mode: 0o600, flag: 'wx'});
  await rename(temporary, nameOf(directory));
};

/** Unless a later starter has made its own. */
export const withdrawOffer = async (directory: string, {nonce}: Offer): Promise<void> => {
  const {unlink} = await import('node:fs/promises');
  if ((await readOffer(directory))?.nonce === nonce) await unlink(nameOf(directory)).catch(() => {}); // gone is what we want
};

/** A disk that answers at all answers within that; one that hangs is the hook's own business, and it tells. */
const readMs = 50;

/** The offer of a starter that is alive and waits for this start; undefined: there is none. Never throws. */
export const findOffer = async (wanted: Search): Promise<Offer | undefined> => {
  const reading = Promise.all(stateDirectories(wanted).map(readOffer));
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<readonly undefined[]>(resolve => {
    timer = setTimeout(() => resolve([]), readMs);
  });
  const offers = await Promise.race([reading, late]);
  clearTimeout(timer);
  return offers.find(
    offer =>
      offer !== undefined &&
      offer.configDirectory === wanted.configDirectory &&
      offer.hook === wanted.hook &&
      offer.oldMaster === wanted.oldMaster &&
      (offer.newMaster ?? wanted.newMaster) === wanted.newMaster &&
      isRunning(offer),
  );
};

/** A file that others could have written or read is no offer. Whether the disk answers shows when it is opened, and read. */
export const readOffer = async (directory: string): Promise<Offer | undefined> => {
  try {
    const file = await openFile(nameOf(directory));
    try {
      const {uid, mode} = fstatSync(file);
      const isPrivate = uid === process.getuid?.() && (mode & 0o077) === 0;
      return isPrivate ? (JSON.parse(await readText(file)) as Offer) : undefined;
    } finally {
      closeSync(file);
    }
  } catch {
    return undefined; // nobody waits
  }
};

// Not node:fs/promises, which takes a millisecond to load.

const openFile = (path: string): Promise<number> =>
  new Promise((resolve, reject) => {
    open(path, constants.O_RDONLY | constants.O_NONBLOCK, (error, file) => (error ? reject(error) : resolve(file)));
  });

/** More than any offer has: it holds two names and two paths. */
const offerBytes = 16_384;

const readText = (file: number): Promise<string> =>
  new Promise((resolve, reject) => {
    read(file, Buffer.alloc(offerBytes), 0, offerBytes, 0, (error, length, buffer) =>
      error ? reject(error) : resolve(buffer.toString('utf8', 0, length)),
    );
  });

const defaultStateDir = '/var/lib/mha-helper';

/**
 * Where the clusters that may be meant keep their records. The files are only searched, not understood: a `state_dir` that
 * is missed here is a starter that is not found, and the hook does the work itself. Other clusters' directories are left
 * alone, on whatever disks they are.
 */
const stateDirectories = ({configDirectory, oldMaster}: Search): readonly string[] => {
  const host = oldMaster.slice(0, oldMaster.lastIndexOf(':')).replace(/\W/g, '\\$&');
  // not in a comment, and db1 not in db10: a hook that reads from a disk that hangs does not end
  const named = new RegExp(`^(?![ \\t]*[#;]).*(?<![\\w-])${host}(?![\\w-])`, 'im');
  try {
    return readdirSync(configDirectory)
      .filter(name => name.endsWith('.conf'))
      .map(name => ({name, text: readFileSync(join(configDirectory, name), 'utf8')}))
      .filter(({text}) => named.test(text))
      .map(({name, text}) => {
        const stateDir = /^\s*state_dir\s*=\s*(.*?)\s*$/m.exec(text)?.[1] ?? defaultStateDir;
        return join(stateDir, basename(name, '.conf'));
      });
  } catch {
    return []; // the hook itself says what is wrong with the configuration
  }
};
