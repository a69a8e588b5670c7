import type {Instance} from './instance.ts';
import {errnos, MysqlError} from './mysql-error.ts';
import type {Thread} from './threads.ts';

/** KILLs in one round trip: thousands cost some milliseconds each thousand, not a round trip each. */
const chunk = 500;

/** Kills these threads. One that is gone already is fine. The server ends them a little later: look again. */
export const killThreads = async (
  instance: Instance,
  threads: readonly Thread[],
  signal: AbortSignal,
): Promise<void> => {
  for (let from = 0; from < threads.length; from += chunk) {
    const statements = threads.slice(from, from + chunk).map(thread => `KILL ${thread.id}`);
    for (const answer of await instance.killer.batch(statements, signal)) {
      if (answer instanceof MysqlError && answer.errno !== errnos.noSuchThread) throw answer;
    }
  }
};
