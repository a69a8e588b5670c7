import {readFile} from 'node:fs/promises';
import {performance} from 'node:perf_hooks';
import {setTimeout as wait} from 'node:timers/promises';
import {type Connection, createConnection, type RowDataPacket} from 'mysql2/promise';
import type {Lab} from '../lab/lab.ts';
import {socketPath} from '../lab/servers.ts';
import {type DbHost, dbHosts, writerVip} from '../lab/topology.ts';

/** The account of the observer: excluded from killing, so that it sees what happens while everybody else is thrown out. */
export const observerUser = 'observer';

/** Looks at all hosts every 10 ms through ways of its own: no agent, no hook, no MHA is asked. */
export interface Observer {
  /** Forgets what was seen. */
  begin(): void;
  /** What must never be, as sentences; empty when it never was. */
  violations(): readonly string[];
  /** Longest time without a host that was seen writable, since `begin`. */
  longestWithoutMasterMs(): number;
  /** When `begin` was called and the host was first seen writable after that moment; undefined: never. */
  firstWritableAfter(host: DbHost, momentMs: number): number | undefined;
  readonly sampleCount: () => number;
  stop(): Promise<void>;
}

/** One look: the truth was `is` at some moment between the two. */
interface Sample {
  readonly askedMs: number;
  readonly answeredMs: number;
  readonly is: boolean;
}

const everyMs = 10;

export const startObserver = (lab: Omit<Lab, 'dispose'>): Observer => {
  const writable = new Map<DbHost, Sample[]>(dbHosts.map(host => [host, []]));
  const holding = new Map<DbHost, Sample[]>(dbHosts.map(host => [host, []]));
  const stopping = new AbortController();
  const loops = dbHosts.flatMap(host => [
    watch(writable.get(host) ?? [], readOnlyOf(lab, host), stopping.signal),
    watch(holding.get(host) ?? [], () => holdsVip(lab.pidOf(host)), stopping.signal),
  ]);
  let beganMs = performance.now();
  return {
    begin: () => {
      beganMs = performance.now();
      for (const samples of [...writable.values(), ...holding.values()]) samples.length = 0;
    },
    violations: () => [...overlaps(writable, 'were writable'), ...overlaps(holding, `had ${writerVip}`)],
    longestWithoutMasterMs: () => longestGap([...writable.values()].flat(), beganMs),
    firstWritableAfter: (host, momentMs) =>
      writable.get(host)?.find(({askedMs, is}) => is && askedMs >= momentMs)?.answeredMs,
    sampleCount: () => [...writable.values()].reduce((sum, samples) => sum + samples.length, 0),
    stop: async () => {
      stopping.abort();
      await Promise.all(loops);
    },
  };
};

const watch = async (samples: Sample[], look: () => Promise<boolean>, stop: AbortSignal): Promise<void> => {
  while (!stop.aborted) {
    const askedMs = performance.now();
    try {
      const is = await look();
      samples.push({askedMs, answeredMs: performance.now(), is});
    } catch {
      // A server that is down is no master, and neither is what nobody sees.
    }
    await wait(Math.max(1, everyMs - (performance.now() - askedMs)));
  }
};

/** A server that does not answer for a second is asked again on a new connection. */
const readOnlyOf = (lab: Omit<Lab, 'dispose'>, host: DbHost): (() => Promise<boolean>) => {
  let connection: Connection | undefined;
  return async () => {
    try {
      connection ??= await connect(lab.pathOf(host, socketPath));
      const [rows] = await connection.query<RowDataPacket[]>({sql: 'SELECT @@global.read_only AS ro', timeout: 1000});
      return Number(rows[0]?.ro) === 0;
    } catch (error) {
      connection?.destroy();
      connection = undefined;
      throw error;
    }
  };
};

const connect = async (path: string): Promise<Connection> => {
  const connection = await createConnection({socketPath: path, user: observerUser, connectTimeout: 1000});
  connection.on('error', () => undefined);
  return connection;
};

/** The kernel's own table of the host's local addresses. */
const holdsVip = async (pid: number): Promise<boolean> => {
  const table = await readFile(`/proc/${pid}/net/fib_trie`, 'latin1');
  return new RegExp(`-- ${writerVip.split('/')[0]?.replaceAll('.', '\\.')}\\n\\s+/32 host LOCAL`).test(table);
};

/** A host that was so before and after the moment in which another was so too. */
const overlaps = (seen: ReadonlyMap<DbHost, readonly Sample[]>, what: string): string[] =>
  dbHosts.flatMap(one =>
    dbHosts
      .filter(other => other > one)
      .filter(other => firstOverlap(seen.get(one) ?? [], seen.get(other) ?? []))
      .map(other => `${one} and ${other} ${what} at the same time`),
  );

const firstOverlap = (one: readonly Sample[], other: readonly Sample[]): boolean =>
  proves(one, other) || proves(other, one);

const proves = (lasting: readonly Sample[], moments: readonly Sample[]): boolean => {
  let next = 0;
  for (const moment of moments) {
    if (!moment.is) continue;
    while (next < lasting.length && (lasting[next]?.askedMs ?? 0) < moment.answeredMs) next++;
    const before = lasting.slice(0, next).findLast(({answeredMs}) => answeredMs <= moment.askedMs);
    if (before?.is === true && lasting[next]?.is === true) return true;
  }
  return false;
};

const longestGap = (samples: readonly Sample[], beganMs: number): number => {
  const moments = samples.filter(({is}) => is).map(({answeredMs}) => answeredMs);
  const sorted = [beganMs, ...moments.sort((a, b) => a - b), performance.now()];
  return Math.max(...sorted.slice(1).map((moment, index) => moment - (sorted[index] ?? 0)));
};
