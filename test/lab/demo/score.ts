import type {WriterReport} from '../../fixtures/writer-protocol.ts';

export type Kind = 'online' | 'hard';

export interface Played {
  readonly kind: Kind;
  readonly title: string;
  /** Longest time in which the client got no row acknowledged. */
  readonly outageMs: number;
  /** How long MHA waited for our hooks. */
  readonly hooksMs: number;
  /** Of this act alone, as compared with the master after it. */
  readonly acknowledged: number;
  readonly lost: number;
  readonly duplicated: number;
}

export interface Spread {
  readonly min: number;
  readonly median: number;
  readonly max: number;
}

/** What the client was promised and what it got, act by act. */
export class Score {
  readonly played: Played[] = [];
  #before: Pick<WriterReport, 'acknowledged' | 'lost' | 'duplicated'> = {acknowledged: 0, lost: 0, duplicated: 0};

  /** `report` counts from the beginning; what it has more than the last one belongs to this act. */
  add(act: Pick<Played, 'kind' | 'title' | 'outageMs' | 'hooksMs'>, report: WriterReport): Played {
    const {acknowledged, lost, duplicated} = this.#before;
    const played = {
      ...act,
      acknowledged: report.acknowledged - acknowledged,
      lost: report.lost - lost,
      duplicated: report.duplicated - duplicated,
    };
    this.#before = report;
    this.played.push(played);
    return played;
  }

  of(kind: Kind): readonly Played[] {
    return this.played.filter(act => act.kind === kind);
  }
}

export const spreadOf = (acts: readonly Played[]): Spread => {
  const sorted = acts.map(act => act.outageMs).sort((a, b) => a - b);
  const at = (index: number): number => sorted[index] ?? 0;
  const half = Math.floor(sorted.length / 2);
  const median = sorted.length % 2 === 1 ? at(half) : (at(half - 1) + at(half)) / 2;
  return {min: at(0), median: Math.round(median * 10) / 10, max: at(sorted.length - 1)};
};

export const sumOf = (acts: readonly Played[], what: 'acknowledged' | 'lost' | 'duplicated'): number =>
  acts.reduce((sum, act) => sum + act[what], 0);
