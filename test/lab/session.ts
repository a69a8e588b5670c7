import {createInterface} from 'node:readline';
import {accounts} from './accounts.ts';
import type {Hosts} from './hosts.ts';
import {poll} from './poll.ts';
import {killGroup} from './run.ts';
import {writerVip} from './topology.ts';

/** One connection of the `mysql` client on host `client`, kept open. */
export interface Session {
  /** Sends statements and answers the lines that come back, errors among them, within the bound (10 s). */
  ask(sql: string, withinMs?: number): Promise<string>;
  /** Sends a statement that is not waited for. What it answers comes with the next `ask`. */
  send(sql: string): void;
  close(): void;
}

/** Connects through the VIP, as the application unless told otherwise. */
export const openSession = async (
  hosts: Hosts,
  {user, password}: {readonly user: string; readonly password: string} = accounts.app,
): Promise<Session> => {
  const vip = writerVip.slice(0, writerVip.indexOf('/'));
  const options = ['--batch', '--skip-column-names', '--unbuffered', '--force', '--skip-reconnect'];
  const client = ['mysql', '--no-defaults', ...options, `--host=${vip}`, `--user=${user}`, `--password=${password}`];
  const child = hosts.open('client', ['sh', '-c', 'exec "$@" 2>&1', 'sh', ...client]);
  const {stdin, stdout} = child;
  if (stdin === null || stdout === null) throw new Error('the mysql client has no pipes');
  stdin.on('error', () => undefined);
  const lines: string[] = [];
  let ended = false;
  createInterface({input: stdout})
    .on('line', line => lines.push(line))
    .on('close', () => {
      ended = true;
    });
  let asked = 0;
  const ask = async (sql: string, withinMs = 10_000): Promise<string> => {
    const mark = `answered ${++asked}`;
    stdin.write(`${sql};\nSELECT '${mark}';\n`);
    // 2006, 2013: the connection is lost, so the mark never comes.
    const isOver = (): boolean => ended || lines.some(line => line === mark || /^ERROR 20(06|13) /.test(line));
    await poll(`an answer to ${sql}`, () => (isOver() ? true : undefined), {timeoutMs: withinMs});
    return lines
      .splice(0)
      .filter(line => line !== mark)
      .join('\n');
  };
  const first = await ask('SELECT 1');
  if (first !== '1') throw new Error(`the mysql client on host client could not connect: ${first}`);
  return {ask, send: sql => void stdin.write(`${sql};\n`), close: () => killGroup(child, 'SIGKILL')};
};
