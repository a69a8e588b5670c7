import mysql from 'mysql2';
import type {InstanceConfig} from '../config/agent-config.ts';
import {readConnectionOptions} from './connection-options.ts';
import {MysqlError, translateError} from './mysql-error.ts';
import type {Row} from './row.ts';

// The driver sets room aside for as many forms of an answer: ours are some twenty.
mysql.setMaxParserCache(100);

/** The driver's connection, which knows nothing of deadlines. */
type Raw = ReturnType<typeof mysql.createConnection>;

interface ResultSet {
  /** False: the answer of a statement that returns no rows. */
  readonly hasColumns: boolean;
  readonly rows: Row[];
}

/**
 * One connection to mysqld. Every wait ends when its signal aborts, also when mysqld is stopped or its host frozen:
 * the driver cannot take a statement back, so the connection is destroyed.
 */
export class Connection {
  /** The server's id of it: what KILL takes. */
  readonly id: number;
  readonly #raw: Raw;
  readonly #lost: Promise<void>;
  readonly #waiting = new Set<() => void>();
  #isOpen = true;

  constructor(raw: Raw, id: number) {
    this.#raw = raw;
    this.id = id;
    this.#lost = new Promise(resolve => {
      const end = () => {
        this.#isOpen = false;
        for (const giveUp of this.#waiting) giveUp();
        resolve();
      };
      raw.on('error', end);
      raw.on('end', end);
    });
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** Resolves when the connection is lost or destroyed. */
  get lost(): Promise<void> {
    return this.#lost;
  }

  async query(statement: string, signal: AbortSignal): Promise<readonly Row[]> {
    const [answer] = await this.batch([statement], signal);
    if (answer instanceof MysqlError) throw answer;
    return answer ?? [];
  }

  /**
   * Runs statements in one round trip. Each answers its rows or its own error: the server stops at the first that
   * fails, then those behind it are sent again. Rejects only when the connection is of no use any more.
   */
  async batch(statements: readonly string[], signal: AbortSignal): Promise<readonly (readonly Row[] | MysqlError)[]> {
    const answers: (readonly Row[] | MysqlError)[] = [];
    let isDoubtful = false;
    while (answers.length < statements.length) {
      const {sets, error} = await this.#send(
        statements.slice(answers.length, isDoubtful ? answers.length + 1 : undefined),
        signal,
      );
      if (error === undefined) {
        answers.push(...sets.map(set => set.rows));
        isDoubtful = false;
        continue;
      }
      // An error behind the columns of a result may be that result's own or the next one's: ask for that one alone.
      const wasAlone: boolean = isDoubtful;
      isDoubtful = !wasAlone && sets.at(-1)?.hasColumns === true;
      if (isDoubtful || wasAlone) sets.pop();
      answers.push(...sets.map(set => set.rows));
      const translated = translateError(`run ${shorten(statements[answers.length] ?? '')}`, error);
      if (!this.#isOpen || translated.reason === 'MYSQL_UNREACHABLE') throw translated;
      if (!isDoubtful) answers.push(translated);
    }
    return answers;
  }

  #send(statements: readonly string[], signal: AbortSignal): Promise<{sets: ResultSet[]; error: unknown}> {
    return new Promise((resolve, reject) => {
      const abort = () => {
        reject(noAnswer(`run ${shorten(statements[0] ?? '')}`));
        this.destroy();
      };
      if (signal.aborted) return abort();
      signal.addEventListener('abort', abort, {once: true});
      const sets: ResultSet[] = [];
      const finish = (error?: unknown) => {
        signal.removeEventListener('abort', abort);
        this.#waiting.delete(giveUp);
        resolve({sets, error});
      };
      const giveUp = () => finish(new MysqlError('MYSQL_UNREACHABLE', 'the connection to mysqld was lost'));
      if (!this.#isOpen) return giveUp();
      this.#waiting.add(giveUp); // the driver does not tell the statement when its connection breaks
      const query = this.#raw.query(statements.join(';'));
      // A statement's answer begins with its fields, which a statement without rows sends empty.
      query.on('fields', columns => sets.push({hasColumns: columns !== undefined, rows: []}));
      query.on('result', (row: Row) => sets.at(-1)?.rows.push(row));
      query.on('error', finish);
      query.on('end', () => finish());
    });
  }

  destroy(): void {
    this.#isOpen = false;
    this.#raw.destroy();
    this.#raw.emit('end');
  }
}

/** Connects and logs in. Aborting the signal ends it at once, whatever the server does. */
export const connect = async (config: InstanceConfig, signal: AbortSignal): Promise<Connection> => {
  const doing = `connect to mysqld on port ${config.port}`;
  const options = await readConnectionOptions(config).catch(error => {
    throw new MysqlError('MYSQL_UNREACHABLE', `could not read the option file: ${(error as Error).message}`);
  });
  if (signal.aborted) throw noAnswer(doing);
  // Our signal is the only clock; the driver's own would be a second one.
  const raw = mysql.createConnection({...options, connectTimeout: 0});
  return await new Promise<Connection>((resolve, reject) => {
    const abort = () => {
      raw.destroy();
      reject(noAnswer(doing));
    };
    signal.addEventListener('abort', abort, {once: true});
    raw.on('error', () => {}); // told below; a later one must not end the agent
    raw.connect(error => {
      signal.removeEventListener('abort', abort);
      if (error !== null) return reject(translateError(doing, error));
      resolve(new Connection(raw, raw.threadId));
    });
  });
};

const noAnswer = (doing: string): MysqlError =>
  new MysqlError('DEADLINE', `could not ${doing}: mysqld did not answer in time`);

const shorten = (statement: string): string => (statement.length > 60 ? `${statement.slice(0, 57)}…` : statement);
