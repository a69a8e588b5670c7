import type {WriterOptions} from '../../fixtures/writer-protocol.ts';

/** One kind of application, while masters are switched under it. */
export interface Load {
  readonly name: string;
  readonly clients: readonly LoadClient[];
}

export interface LoadClient {
  readonly name: string;
  /** The same in the head of a table, with its load. */
  readonly title: string;
  readonly options: Partial<WriterOptions>;
}

const statementTimeoutMs = 2000;

/** The same work by a client that gives up connecting soon and one that does not. */
const bothTimeouts = (rate: number): readonly LoadClient[] =>
  [200, 10_000].map((connectTimeoutMs, index) => ({
    name: `connect timeout ${connectTimeoutMs / 1000} s`,
    title: `${rate === 0 ? 'full speed' : `${rate}/s`}, ${connectTimeoutMs / 1000} s`,
    options: {writers: 1, firstWriter: index, rate, connectTimeoutMs, statementTimeoutMs},
  }));

/** In the order of the table. Of the pool every client writes four times a second, through a connection of its own
 * that it opens again, every 50 ms at most, when it is lost. */
export const loads = {
  paced: {name: '300 inserts/s', clients: bothTimeouts(300)},
  fast: {name: 'as fast as it can', clients: bothTimeouts(0)},
  pool: {
    name: '200 pooled clients',
    clients: [
      {
        name: 'connect timeout 0.2 s',
        title: 'pool of 200, 0.2 s',
        options: {writers: 200, rate: 4, retryPauseMs: 50, connectTimeoutMs: 200, statementTimeoutMs},
      },
    ],
  },
} as const satisfies Readonly<Record<string, Load>>;

export type LoadName = keyof typeof loads;
