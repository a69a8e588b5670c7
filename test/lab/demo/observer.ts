import {readFile} from 'node:fs/promises';
import {setTimeout as wait} from 'node:timers/promises';
import {type Connection, createConnection, type RowDataPacket} from 'mysql2/promise';
import type {Lab} from '../lab.ts';
import {socketPath} from '../servers.ts';
import {type DbHost, dbHosts, writerVip} from '../topology.ts';
import {monitor} from './monitor-account.ts';

/** Looks at all hosts from outside, whatever the product says of them. */
export interface Observer {
  readonly seen: Readonly<Observed>;
  /** The cable is out: what this host has and does can reach nobody, and is not counted until it is back. */
  cutOff(host: DbHost): void;
  back(host: DbHost): void;
  stop(): Promise<void>;
}

export interface Observed {
  looks: number;
  /** Looks that found two or more writable masters, or the VIP on two or more hosts. */
  twoWritable: number;
  twoVips: number;
}

/** Of innodb_trx nothing is read, and one SELECT a host and look costs the servers nothing. */
const everyMs = 50;
const answerMs = 100;

export const startObserver = (lab: Lab): Observer => {
  const seen: Observed = {looks: 0, twoWritable: 0, twoVips: 0};
  const reachable = new Set<DbHost>(dbHosts);
  const eyes = dbHosts.map(host => ({host, eye: new Eye(lab, host)}));
  const stop = new AbortController();
  const look = async (): Promise<void> => {
    const found = await Promise.all(
      eyes.map(async ({host, eye}) => ({host, writable: await eye.isWritable(), vip: await carriesVip(lab, host)})),
    );
    const counted = found.filter(({host}) => reachable.has(host));
    seen.looks++;
    if (counted.filter(({writable}) => writable).length > 1) seen.twoWritable++;
    if (counted.filter(({vip}) => vip).length > 1) seen.twoVips++;
  };
  const running = (async () => {
    while (!stop.signal.aborted) await Promise.all([look(), wait(everyMs)]);
    for (const {eye} of eyes) eye.close();
  })();
  return {
    seen,
    cutOff: host => void reachable.delete(host),
    back: host => void reachable.add(host),
    stop: () => {
      stop.abort();
      return running;
    },
  };
};

/** From the kernel's own table of the host's addresses: no command has to be started for it. */
const carriesVip = async (lab: Lab, host: DbHost): Promise<boolean> => {
  const table = await readFile(`/proc/${lab.pidOf(host)}/net/fib_trie`, 'latin1').catch(() => '');
  return new RegExp(`-- ${writerVip.split('/')[0]?.replaceAll('.', '\\.')}\\n +/32 host LOCAL`).test(table);
};

/** A kept connection to one server, made again when it is lost. */
class Eye {
  readonly #lab: Lab;
  readonly #host: DbHost;
  #connection: Connection | undefined;

  constructor(lab: Lab, host: DbHost) {
    this.#lab = lab;
    this.#host = host;
  }

  /** A server that does not answer in time takes no writes either. */
  async isWritable(): Promise<boolean> {
    try {
      this.#connection ??= await this.#connect();
      const [rows] = await this.#connection.query<RowDataPacket[]>({
        sql: 'SELECT @@global.read_only AS value',
        timeout: answerMs,
      });
      return Number(rows[0]?.value) === 0;
    } catch {
      this.close();
      return false;
    }
  }

  close(): void {
    this.#connection?.destroy();
    this.#connection = undefined;
  }

  async #connect(): Promise<Connection> {
    const socket = this.#lab.pathOf(this.#host, socketPath);
    const connection = await createConnection({socketPath: socket, ...monitor, connectTimeout: answerMs});
    connection.on('error', () => undefined);
    return connection;
  }
}
