import {type Connection, createConnection} from 'mysql2/promise';
import {accounts} from '../lab/accounts.ts';
import type {Finished} from '../lab/run.ts';
import {socketPath} from '../lab/servers.ts';
import {addresses, type DbHost, writerVip} from '../lab/topology.ts';
import type {Scene} from './scene.ts';

/** One statement of the application through the VIP, from the client's host, bounded. */
export const askThroughVip = (scene: Scene, sql: string, timeoutMs = 2000): Promise<Finished> =>
  scene.exec('client', [...applicationClient(writerVip.split('/')[0] ?? ''), '--execute', sql], {timeoutMs});

/** The milliseconds until the application has written through the VIP again. */
export const writesAgainAfterMs = async (scene: Scene, withinMs: number): Promise<number> => {
  const startedMs = performance.now();
  while (performance.now() - startedMs < withinMs) {
    const {code} = await askThroughVip(scene, 'INSERT INTO app.seed SELECT MAX(id) + 1 FROM app.seed', 1000);
    if (code === 0) return Math.round(performance.now() - startedMs);
  }
  throw new Error(`no write got through within ${withinMs} ms`);
};

/** A session of the application on one host; statements that hang are the scenario's own business. */
export const applicationSession = (scene: Scene, host: DbHost): Promise<Connection> =>
  session(scene, host, accounts.app.user, accounts.app.password);

export const session = async (scene: Scene, host: DbHost, user: string, password = ''): Promise<Connection> => {
  const socket = scene.pathOf(host, socketPath);
  const connection = await createConnection({socketPath: socket, user, password});
  connection.on('error', () => undefined);
  return connection;
};

export const applicationClient = (address: string): readonly string[] => [
  'mysql',
  '--connect-timeout=1',
  `--host=${address}`,
  `--user=${accounts.app.user}`,
  `--password=${accounts.app.password}`,
];

export const addressOf = (host: DbHost): string => addresses[host];

/** Lets a statement run or fail by itself; answers how it ended. */
export const outcomeOf = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'done',
    (error: {code?: string}) => error.code ?? 'failed',
  );
