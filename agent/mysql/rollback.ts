import {Refused} from '../refusal.ts';
import type {Instance} from './instance.ts';
import {pause} from './pause.ts';
import {describeThread, type Thread} from './threads.ts';
import {freshAfterMs, listTransactions} from './transactions.ts';

export interface Rollbacks {
  readonly instance: Instance;
  readonly killed: ReadonlyMap<number, Thread>;
  leftMs(): number;
  readonly signal: AbortSignal;
  progress(text: string): void;
}

/**
 * Waits until killed transactions are rolled back. MySQL takes a killed idle session off its processlist at once and
 * rolls back behind it: only InnoDB knows. Small ones are not waited for: they are over before anybody could look.
 */
export const waitForRollbacks = async ({instance, killed, leftMs, signal, progress}: Rollbacks): Promise<void> => {
  for (let looks = 0; killed.size > 0; looks++) {
    const transactions = await listTransactions(instance, signal);
    const rolling = [...killed.values()].flatMap(thread => {
      const rows = transactions.get(thread.id)?.rows ?? 0;
      return rows >= bigRows ? [`${describeThread(thread)} rolls back, ${rows} rows left`] : [];
    });
    if (rolling.length === 0) return;
    if (leftMs() <= 0)
      throw new Refused('THREADS_REMAIN', `killed transactions still roll back on ${instance.name}`, {
        hint: `Still there: ${rolling.slice(0, 5).join('; ')}.`,
      });
    if (looks % tellEvery === 0) progress(rolling.slice(0, 3).join('; '));
    await pause(Math.min(freshAfterMs, leftMs()), signal);
  }
};

const bigRows = 1_000;
const tellEvery = 10;
