import {setTimeout as sleep} from 'node:timers/promises';
import {closingMs} from './tombstone-script.ts';

/** Tombstones that are being put up. */
export interface Planting {
  /** Since when (performance.now) connections are refused. Undefined: they cannot stand, or took too long. */
  readonly done: Promise<number | undefined>;
  /** Reads them back; what is wrong, for people. */
  problem(): Promise<string | undefined>;
}

/** How one of them comes to stand. */
export interface Planted {
  readonly standsMs: number;
  readonly plantedMs: number;
  /** Since when it stands, or why it does not. */
  readonly adding: Promise<number | string>;
  /** Reads back all that were planted with it; what is wrong. */
  look(): Promise<string | undefined>;
}

/** nft takes 10 ms, and several times that on a busy host; a client that runs into a black hole waits for a second and more. */
const patienceMs = 150;
/** What is left of `closingMs` must do for the last words and for the address to go. */
const goingMs = 120;
/** For reading back, which clients wait for and gain nothing by. */
const lookMs = 50;

/** Everybody is refused, and will be for long enough to take the address away. */
export const isStillClosing = ({plantedMs, standsMs}: Planted): boolean =>
  performance.now() < plantedMs + Math.min(closingMs, standsMs) - goingMs;

export const plantingOf = (all: readonly Planted[]): Planting => {
  const done = within(patienceMs, sinceAllStand(all), undefined);
  return {
    done,
    problem: async () => {
      await done;
      return within(
        lookMs,
        Promise.all(all.map(({look}) => look())).then(problems => problems.find(one => one !== undefined)),
        `nft took longer than ${lookMs} ms: nobody waited to see whether clients that still knock here are refused`,
      );
    },
  };
};

const sinceAllStand = async (all: readonly Planted[]): Promise<number | undefined> => {
  const added = await Promise.all(all.map(({adding}) => adding));
  return added.some(since => typeof since === 'string') ? undefined : Math.max(...added.map(Number));
};

const within = <Value, Late>(ms: number, work: Promise<Value>, late: Late): Promise<Value | Late> =>
  Promise.race([work, sleep(ms, late, {ref: false})]);
