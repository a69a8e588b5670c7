import {constants, readdirSync, readFileSync} from 'node:fs';
import {open, rename, unlink, writeFile} from 'node:fs/promises';
import {basename, join} from 'node:path';
import type {ProcessIdentity} from '../record/entry.ts';

/**
 * What a starter that waits tells the hook of the start phase: `starter.json` beside the failover records, for its own
 * account only. Small programs read this, so nothing but Node's own file functions is loaded for it.
 */
export interface Offer extends ProcessIdentity {
  readonly socket: string;
  /** Whoever knows it has read this file. */
  readonly nonce: string;
  readonly configDirectory: string;
  /** `host:port` as MHA names them. */
  readonly oldMaster: string;
  readonly newMaster: string;
}

export type Wanted = Pick<Offer, 'configDirectory' | 'oldMaster' | 'newMaster'>;

const nameOf = (directory: string): string => join(directory, 'starter.json');

/** Replaces the offer of an earlier starter of the cluster. */
export const publishOffer = async (directory: string, offer: Offer): Promise<void> => {
  const temporary = `${nameOf(directory)}.${offer.pid}`;
  await writeFile(temporary, JSON.stringify(offer), {mode: 0o600, flag: 'wx'});
  await rename(temporary, nameOf(directory));
};

/** Unless a later starter has made its own. */
export const withdrawOffer = async (directory: string, {nonce}: Offer): Promise<void> => {
  if ((await readOffer(directory))?.nonce === nonce) await unlink(nameOf(directory)).catch(() => {}); // gone is what we want
};

/** A disk that answers at all answers within that; one that hangs is the hook's own business, and it tells. */
const readMs = 50;

/** The offer of a starter that is alive and waits for this start; undefined: there is none. Never throws. */
export const findOffer = async (wanted: Wanted): Promise<Offer | undefined> => {
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
      offer.oldMaster === wanted.oldMaster &&
      offer.newMaster === wanted.newMaster &&
      isAlive(offer),
  );
};

/** False for a zombie: what waits to be buried does nothing any more. */
export const isAlive = ({pid, startTime}: ProcessIdentity): boolean => {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    // the name in parentheses may hold blanks and parentheses; fields are counted from behind it
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] !== 'Z' && fields[19] === startTime;
  } catch {
    return false;
  }
};

/** A file that others could have written or read is no offer. */
const readOffer = async (directory: string): Promise<Offer | undefined> => {
  try {
    const file = await open(nameOf(directory), constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      const {uid, mode} = await file.stat();
      const isPrivate = uid === process.getuid?.() && (mode & 0o077) === 0;
      return isPrivate ? (JSON.parse(await file.readFile('utf8')) as Offer) : undefined;
    } finally {
      await file.close();
    }
  } catch {
    return undefined; // nobody waits
  }
};

const defaultStateDir = '/var/lib/mha-helper';

/**
 * Where the clusters that may be meant keep their records. The files are only searched, not understood: a `state_dir` that
 * is missed here is a starter that is not found, and the hook does the work itself. Other clusters' directories are left
 * alone, on whatever disks they are.
 */
const stateDirectories = ({configDirectory, oldMaster}: Wanted): readonly string[] => {
  const host = oldMaster.slice(0, oldMaster.lastIndexOf(':')).toLowerCase();
  try {
    return readdirSync(configDirectory)
      .filter(name => name.endsWith('.conf'))
      .map(name => ({name, text: readFileSync(join(configDirectory, name), 'utf8')}))
      .filter(({text}) => text.toLowerCase().includes(host))
      .map(({name, text}) => {
        const stateDir = /^\s*state_dir\s*=\s*(.*?)\s*$/m.exec(text)?.[1] ?? defaultStateDir;
        return join(stateDir, basename(name, '.conf'));
      });
  } catch {
    return []; // the hook itself says what is wrong with the configuration
  }
};
