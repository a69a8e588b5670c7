import {accounts} from '../lab/accounts.ts';
import type {Lab} from '../lab/lab.ts';
import {poll} from '../lab/poll.ts';
import {killGroup} from '../lab/run.ts';
import {writerVip} from '../lab/topology.ts';

/** Runs `act` while that many clients are connected through the VIP and do nothing, as pooled connections do. */
export const withIdleClients = async <T>(lab: Lab, count: number, act: () => Promise<T>): Promise<T> => {
  const {user, password} = accounts.app;
  const [address = ''] = writerVip.split('/');
  const client = ['mysql', '--batch', `--host=${address}`, `--user=${user}`, `--password=${password}`];
  // Each waits for statements on its standard input, which never come.
  const clients = Array.from({length: count}, () => lab.open('client', client));
  try {
    await poll(`${count} idle clients`, async () => {
      const [row] = await lab.sql(
        'db1',
        `SELECT COUNT(*) AS connected FROM information_schema.processlist WHERE user = '${user}' AND command = 'Sleep'`,
      );
      return Number(row?.connected) === count ? true : undefined;
    });
    return await act();
  } finally {
    for (const each of clients) killGroup(each, 'SIGKILL');
  }
};
