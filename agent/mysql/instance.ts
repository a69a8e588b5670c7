import {hostname} from 'node:os';
import type {InstanceConfig} from '../config/agent-config.ts';
import {KeptConnection} from './kept-connection.ts';

/**
 * max_connections are used up cannot lock us out; mysqld may come and go meanwhile.
 */
export interface Instance {
  readonly port: number;
  /** For people: `db1:3306`. */
  readonly name: string;
  /** Accounts whose threads are never killed, whoever asks. */
  readonly excludeUsers: readonly string[];
  /** Reads status. What it waits for never holds up an operation. */
  readonly reader: KeptConnection;
  /** Makes changes, and may have to wait for them. */
  readonly changer: KeptConnection;
  /** Lists and kills threads, also those that `changer` waits for. */
  readonly killer: KeptConnection;
  /** The server's ids of our own connections: never killed. */
  ownThreads(): ReadonlySet<number>;
  close(): void;
}

/** Answers at once; connecting goes on beside it, and a mysqld that is down is no error. */
export const openInstance = (config: InstanceConfig, host: string = hostname()): Instance => {
  const reader = new KeptConnection(config);
  const changer = new KeptConnection(config);
  const killer = new KeptConnection(config);
  const all = [reader, changer, killer];
  return {
    port: config.port,
    name: `${host}:${config.port}`,
    excludeUsers: config.excludeUsers,
    reader,
    changer,
    killer,
    ownThreads: () => new Set(all.flatMap(each => each.id ?? [])),
    close: () => {
      for (const each of all) each.close();
    },
  };
};
