import {setTimeout as sleep} from 'node:timers/promises';
import type {Log} from '../log.ts';
import {CommandFailed, type CommandResult} from './command.ts';
import type {RunOptions} from './network.ts';
import {
  additionOf,
  describeTombstone,
  missingIn,
  type NumberedTombstone,
  removalOf,
  removalOfAll,
  type Tombstone,
  table,
} from './tombstone-script.ts';

/**
 * Refuses connections to addresses that have left this host. Without it, packets that neighbours still send here
 * vanish, and a client waits for the second try of its handshake: 1 s. With it, the client hears at once and comes
 * again until the new host has announced. Answers no ARP, so it never competes for an address.
 */
export interface Tombstones {
  /** Begins to put them up. Never rejects and never waits longer than `patienceMs`: a VIP must leave with or without it. */
  plant(wanted: readonly NewTombstone[], signal: AbortSignal): Planting;
  /** When it returns, none of these stands. No process is started when none did. Throws `CommandFailed`. */
  withdraw(which: (one: Tombstone) => boolean, signal: AbortSignal): Promise<void>;
  /** Removes what an earlier life of this agent left. */
  clear(): Promise<void>;
  /** Withdraws all: nobody would be there to do it in time. */
  close(): Promise<void>;
}

export interface NewTombstone extends Tombstone {
  readonly standsMs: number;
  readonly sudo: boolean;
}

export interface Planting {
  /** True: they stand, and connections are refused from now on. False: they cannot stand, or took too long. */
  readonly done: Promise<boolean>;
  /** Reads them back; what is wrong, for people. */
  problem(): Promise<string | undefined>;
}

/** nft takes 10 ms, and several times that on a busy host; a client that runs into a black hole waits for a second and more. */
const patienceMs = 150;
/** For reading back, which clients wait for and gain nothing by. */
const lookMs = 50;

type Nft = (args: readonly string[], options: RunOptions) => Promise<CommandResult>;
type Standing = NumberedTombstone & NewTombstone & {readonly timer: NodeJS.Timeout};

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
  const expire = (one: Tombstone): void => {
    withdraw(other => other === one, new AbortController().signal).catch((cause: unknown) =>
      // The kernel has forgotten the address: what is left answers nobody.
      log.warn('an expired tombstone is still in the table', {tombstone: describeTombstone(one), cause}),
    );
  };
  const register = (wanted: NewTombstone): Standing => {
    count += 1;
    const one: Standing = {...wanted, number: count, timer: setTimeout(() => expire(one), wanted.standsMs).unref()};
    standing.add(one);
    return one;
  };

  return {
    withdraw,
    plant(wanted, signal) {
      if (nft === undefined)
        return {done: Promise.resolve(false), problem: async () => told('nft is missing; install nftables')};
      const planted = wanted.map(register);
      const options = {sudo: wanted.some(({sudo}) => sudo), signal};
      const adding = inTurn(() => add(nft, planted, options)).catch((error: unknown) => {
        // Refused as a whole: nothing stands. One that did not end may have worked, and is withdrawn like the others.
        if (!(error instanceof CommandFailed) || error.exitCode !== undefined)
          for (const one of planted) forget(standing, one);
        return told(error instanceof Error ? error.message : String(error));
      });
      const look = async () => (await adding) ?? (await readBack(nft, planted, options));
      return {
        done: within(
          patienceMs,
          adding.then(problem => problem === undefined),
          false,
        ),
        problem: () =>
          within(
            lookMs,
            look(),
            `nft took longer than ${lookMs} ms: nobody waited to see whether clients that still knock here are refused`,
          ),
      };
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

const add = async (nft: Nft, planted: readonly Standing[], options: RunOptions): Promise<undefined> => {
  await nft(['-f', '-'], {...options, timeoutMs, input: additionOf(planted)});
  return undefined;
};

const readBack = async (nft: Nft, planted: readonly Standing[], options: RunOptions): Promise<string | undefined> => {
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

const within = <Value, Late>(ms: number, work: Promise<Value>, late: Late): Promise<Value | Late> =>
  Promise.race([work, sleep(ms, late, {ref: false})]);

/** One after another: each sees what the one before it left. */
const createQueue = () => {
  let last: Promise<unknown> = Promise.resolve();
  return <Value>(task: () => Promise<Value>): Promise<Value> => {
    const turn = last.then(task, task);
    last = turn.catch(() => {});
    return turn;
  };
};
