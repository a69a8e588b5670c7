import type {Instance} from './instance.ts';
import type {KeptConnection} from './kept-connection.ts';
import {errnos, MysqlError} from './mysql-error.ts';
import type {Thread} from './threads.ts';

/** KILLs in one round trip: thousands cost some milliseconds each thousand, not a round trip each. */
const chunk = 250;

export interface KillThreads {
  readonly instance: Instance;
  readonly threads: readonly Thread[];
  readonly signal: AbortSignal;
  /**
   * Connections to kill through. MySQL ends a session inside its KILL: two at a time end thousands in two thirds of the
   * time. Never one that waits for what is to be killed.
   */
  readonly through?: readonly KeptConnection[];
}

/** Kills these threads. One that is gone already is fine. The server ends them a little later: look again. */
export const killThreads = async ({
  instance,
  threads,
  signal,
  through = [instance.killer],
}: KillThreads): Promise<void> => {
  const chunks = Array.from({length: Math.ceil(threads.length / chunk)}, (_, index) =>
    threads.slice(index * chunk, (index + 1) * chunk),
  ).values();
  const work = async (connection: KeptConnection): Promise<void> => {
    for (const some of chunks) {
      const statements = some.map(thread => `KILL ${thread.id}`);
      for (const answer of await connection.batch(statements, signal)) {
        if (answer instanceof MysqlError && answer.errno !== errnos.noSuchThread) throw answer;
      }
    }
  };
  // One connection that fails must not leave the other at work behind our back.
  const ends = await Promise.allSettled(through.map(work));
  for (const end of ends) if (end.status === 'rejected') throw end.reason;
};
