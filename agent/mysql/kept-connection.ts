import {setTimeout as delay} from 'node:timers/promises';
import {withBound} from '../bounded.ts';
import type {InstanceConfig} from '../config/agent-config.ts';
import {type Connection, connect} from './connection.ts';
import {type Flavour, prepareConnection} from './flavour.ts';
import {MysqlError} from './mysql-error.ts';
import type {Row} from './row.ts';

/** How long a server may take to let us in. */
const connectBoundMs = 5_000;
/** Nothing we ask takes long on a server that lives; a caller with more time need not spend it on a frozen one. */
const statementBoundMs = 5_000;
const shortestPauseMs = 200;
const longestPauseMs = 10_000;

/**
 * A connection that is there before it is needed: kept open, opened again by itself with growing pauses when it is
 * lost. An idle one costs nothing. A call that finds it lost tries at once.
 */
export class KeptConnection {
  readonly #config: InstanceConfig;
  readonly #closed = new AbortController();
  #current: {readonly connection: Connection; readonly flavour: Flavour} | undefined;
  #newest: Connection | undefined;
  #opening: Promise<{readonly connection: Connection; readonly flavour: Flavour}> | undefined;

  constructor(config: InstanceConfig) {
    this.#config = config;
    void this.#keep();
  }

  /** The server's id of the present connection. */
  get id(): number | undefined {
    return this.#newest?.id;
  }

  async query(statement: string, signal: AbortSignal, boundMs = statementBoundMs): Promise<readonly Row[]> {
    return withBound(signal, boundMs, async bounded =>
      (await this.#ready(bounded)).connection.query(statement, bounded),
    );
  }

  /** See `Connection.batch`. */
  async batch(statements: readonly string[], signal: AbortSignal): Promise<readonly (readonly Row[] | MysqlError)[]> {
    return withBound(signal, statementBoundMs, async bounded =>
      (await this.#ready(bounded)).connection.batch(statements, bounded),
    );
  }

  async flavour(signal: AbortSignal): Promise<Flavour> {
    return (await this.#ready(signal)).flavour;
  }

  close(): void {
    this.#closed.abort();
    this.#current?.connection.destroy();
  }

  /** The open connection, or a new one, within the caller's time. */
  async #ready(signal: AbortSignal) {
    return await within(signal, this.#open());
  }

  /** One attempt at a time, shared by all who wait for it. */
  #open() {
    if (this.#current?.connection.isOpen) return Promise.resolve(this.#current);
    this.#opening ??= this.#attempt().finally(() => {
      this.#opening = undefined;
    });
    return this.#opening;
  }

  #attempt() {
    return withBound(this.#closed.signal, connectBoundMs, signal => this.#connect(signal));
  }

  async #connect(signal: AbortSignal) {
    const connection = await connect(this.#config, signal);
    this.#newest = connection; // ours from now on, and not to be killed
    try {
      this.#current = {connection, flavour: await prepareConnection(connection, signal)};
      return this.#current;
    } catch (error) {
      connection.destroy();
      throw error;
    }
  }

  async #keep(): Promise<void> {
    let pauseMs = shortestPauseMs;
    while (!this.#closed.signal.aborted) {
      try {
        const {connection} = await this.#open();
        pauseMs = shortestPauseMs;
        await connection.lost;
      } catch {
        // Whoever calls meanwhile hears why; here it only means another try.
        await delay(pauseMs, undefined, {signal: this.#closed.signal, ref: false}).catch(() => {});
        pauseMs = Math.min(pauseMs * 2, longestPauseMs);
      }
    }
  }
}

/** The caller stops waiting at its own time; the attempt goes on for the next one. */
const within = <T>(signal: AbortSignal, work: Promise<T>): Promise<T> =>
  new Promise((resolve, reject) => {
    const abort = () => reject(new MysqlError('DEADLINE', 'could not connect to mysqld: it did not answer in time'));
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort, {once: true});
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
