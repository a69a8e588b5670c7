import type {DbHost} from '../topology.ts';
import type {Observed} from './observer.ts';
import {type Score, sumOf} from './score.ts';

/** How things stand when all is over. */
export interface Ending {
  readonly score: Pick<Score, 'of' | 'played'>;
  readonly seen: Readonly<Observed>;
  readonly master: DbHost;
  readonly vipHolders: readonly string[];
  /** Lost rows of the whole demo, counted after the client has stopped. */
  readonly lostInAll: number;
  /** Exit code of `mha-helper status`. */
  readonly status: number;
}

/**
 * What was promised and not kept, in words; empty: every promise was kept. Rows that an asynchronous replica had not
 * received when its master died are shown, and are no broken promise.
 */
export const brokenPromises = ({score, seen, master, vipHolders, lostInAll, status}: Ending): readonly string[] => [
  ...complain(sumOf(score.of('online'), 'lost'), 'acknowledged rows were lost in planned switches'),
  ...complain(sumOf(score.played, 'duplicated'), 'rows were written twice'),
  ...complain(lostInAll - sumOf(score.played, 'lost'), 'rows were lost while nothing was switched'),
  ...complain(seen.twoWritable, 'looks of the observer found two writable masters'),
  ...complain(seen.twoVips, 'looks of the observer found the VIP on two hosts'),
  ...(seen.looks > 0 ? [] : ['the observer saw nothing']),
  ...(vipHolders.join() === master ? [] : [`the VIP is on ${vipHolders.join(' and ') || 'no host'}, not on ${master}`]),
  ...(status === 0 ? [] : ['mha-helper status does not call the cluster healthy']),
];

const complain = (count: number, what: string): string[] => (count === 0 ? [] : [`${count} ${what}`]);
