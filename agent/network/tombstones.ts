import type {Log} from '../log.ts';
import {CommandFailed, type CommandResult} from './command.ts';
import type {RunOptions} from './network.ts';
import {isStillClosing, type Planted, type Planting, plantingOf} from './planting.ts';
import {type Standby, standBy} from './standby.ts';
import {
  additionOf,
  describeTombstone,
  missingIn,
  type NumberedTombstone,
  removalOf,
  removalOfAll,
  sameTombstone,
  type Tombstone,
  table,
} from './tombstone-script.ts';

/**
 * Refuses connections to addresses that have left this host. Without it, packets that neighbours still send here
 * vanish, and a client waits for the second try of its handshake: 1 s. With it, the client hears at once and comes
 * again until the new host has announced. Answers no ARP, so it never competes for an address.
 */
export interface Tombstones {
  /** Makes ready what `plant` uses: to be planted within half a second, or dismissed. Undefined: there is no nft. */
  prepare(options: RunOptions): Standby | undefined;
  /**
   * Begins to put them up, unless they were planted a moment ago. Never rejects and never waits longer than `patienceMs`:
   * a VIP must leave with or without it.
   */
  plant(wanted: readonly NewTombstone[], signal: AbortSignal, standby?: Standby): Planting;
  /** It was planted a moment ago: everybody is refused for long enough to take the address away. */
  isClosing(one: Tombstone): boolean;
  /** When it returns, none of these stands. No process is started when none did. Throws `CommandFailed`. */
  withdraw(which: (one: NumberedTombstone) => boolean, signal: AbortSignal): Promise<void>;
  /** Removes what an earlier life of this agent left. */
  clear(): Promise<void>;
  /** Withdraws all: nobody would be there to do it in time. */
  close(): Promise<void>;
}

export interface NewTombstone extends Tombstone {
  readonly standsMs: number;
  readonly sudo: boolean;
}

type Nft = (args: readonly string[], options: RunOptions) => Promise<CommandResult>;
type Numbered = NumberedTombstone & NewTombstone;
type Standing = Numbered & Planted & {readonly timer: NodeJS.Timeout};

/** @param nft undefined: not installed. */
export const createTombstones = (nft: Nft | undefined, log: Log): Tombstones => {
  const standing = new Set<Standing>();
  const inTurn = createQueue();
  let count = 0;

  const withdraw: Tombstones['withdraw'] = async (which, signal) => {
    if (nft === undefined || ![...standing].some(which)) return;
    await inTurn(async () => {
      const going = [...standing].filter(which);
      await remove(nft, going, {others: standing.size > going.length, signal});
      for (const one of going) forget(standing, one);
    });
  };
  const expire = (one: Numbered): void => {
    withdraw(({number}) => number === one.number, new AbortController().signal).catch((cause: unknown) =>
      // The kernel has forgotten the address: what is left answers nobody.
      log.warn('an expired tombstone is still in the table', {tombstone: describeTombstone(one), cause}),
    );
  };
  const plantNew = (wanted: readonly NewTombstone[], options: RunOptions, standby?: Standby): readonly Standing[] => {
    if (nft === undefined || wanted.length === 0) return [];
    const numbered = wanted.map(one => ({...one, number: ++count}));
    const plantedMs = performance.now();
    const adding = inTurn(() => add(nft, numbered, {...options, standby})).catch((error: unknown) => {
      // Refused as a whole: nothing stands. One that did not end may have worked, and is withdrawn like the others.
      if (!(error instanceof CommandFailed) || error.exitCode !== undefined)
        for (const one of planted) forget(standing, one);
      return told(error instanceof Error ? error.message : String(error));
    });
    let looking: Promise<string | undefined> | undefined;
    const look = () => {
      looking ??= adding.then(added => (typeof added === 'string' ? added : readBack(nft, numbered, options)));
      return looking;
    };
    const planted = numbered.map((one): Standing => {
      const timer = setTimeout(() => expire(one), one.standsMs).unref();
      return {...one, plantedMs, adding, look, timer};
    });
    for (const one of planted) standing.add(one);
    return planted;
  };
  const findClosing = (wanted: Tombstone): Standing | undefined =>
    [...standing].find(one => sameTombstone(one, wanted) && isStillClosing(one));

  return {
    withdraw,
    prepare: options => (nft === undefined ? undefined : nftStandingBy(nft, options)),
    isClosing: one => findClosing(one) !== undefined,
    plant(wanted, signal, standby) {
      if (nft === undefined)
        return {done: Promise.resolve(undefined), problem: async () => told('nft is missing; install nftables')};
      const closing = wanted.flatMap(one => findClosing(one) ?? []);
      const others = wanted.filter(one => !closing.some(other => sameTombstone(one, other)));
      const options = {sudo: wanted.some(({sudo}) => sudo), signal};
      return plantingOf([...closing, ...plantNew(others, options, standby)]);
    },
    async clear() {
      if (nft !== undefined) await clear(nft);
    },
    async close() {
      await withdraw(() => true, new AbortController().signal).catch((cause: unknown) =>
        log.warn('tombstones were not withdrawn; the kernel ends them', {cause}),
      );
    },
  };
};

const timeoutMs = 1000;

const nftStandingBy = (nft: Nft, options: RunOptions): Standby =>
  standBy(input => nft(['-f', '-'], {...options, timeoutMs, input}), {usableMs: timeoutMs / 2});

/** Answers since when they stand. */
const add = async (
  nft: Nft,
  numbered: readonly Numbered[],
  {standby, ...options}: RunOptions & {readonly standby: Standby | undefined},
): Promise<number> => {
  const input = additionOf(numbered);
  await (standby?.use(input) ?? nft(['-f', '-'], {...options, timeoutMs, input}));
  return performance.now();
};

const readBack = async (nft: Nft, planted: readonly Numbered[], options: RunOptions): Promise<string | undefined> => {
  try {
    const {stdout} = await nft(['-j', 'list', 'table', ...table], {...options, timeoutMs});
    const missing = missingIn(stdout, planted);
    return missing.length === 0 ? undefined : told(`not found for ${missing.map(describeTombstone).join(', ')}`);
  } catch (error) {
    return told(error instanceof Error ? error.message : String(error));
  }
};

const remove = async (
  nft: Nft,
  going: readonly Standing[],
  {others, signal}: {readonly others: boolean; readonly signal: AbortSignal},
): Promise<void> => {
  const options = {sudo: going.some(({sudo}) => sudo), signal, timeoutMs};
  const removeAll = () => nft(['-f', '-'], {...options, input: removalOfAll});
  if (!others) await removeAll();
  // When somebody changed the table, it goes as a whole: better no tombstone than one before an address that is back.
  else await nft(['-f', '-'], {...options, input: removalOf(going)}).catch(removeAll);
};

/** The cluster's requires_sudo is not known yet: without it first. What cannot be removed is ended by the kernel. */
const clear = async (nft: Nft): Promise<void> => {
  const {signal} = new AbortController();
  for (const sudo of [false, true]) {
    const failure = await nft(['delete', 'table', ...table], {sudo, signal, timeoutMs}).catch(
      (error: unknown) => error,
    );
    if (!(failure instanceof CommandFailed) || !/not permitted/i.test(failure.stderr)) return;
  }
};

const forget = (standing: Set<Standing>, one: Standing): void => {
  clearTimeout(one.timer);
  standing.delete(one);
};

const told = (problem: string): string => `clients that still knock here are not refused at once: ${problem}`;

/** One after another: each sees what the one before it left. */
const createQueue = () => {
  let last: Promise<unknown> = Promise.resolve();
  return <Value>(task: () => Promise<Value>): Promise<Value> => {
    const turn = last.then(task, task);
    last = turn.catch(() => {});
    return turn;
  };
};
