import type {DbHost} from '../topology.ts';
import {createMonitorAccount} from './monitor-account.ts';
import type {Stage} from './stage.ts';

/**
 * Makes the old master a replica of the new one. Rows that only it has are counted and named first: replication is
 * asynchronous, and they go with its old data.
 */
export const rejoinDead = async (
  {lab, screen}: Stage,
  dead: DbHost,
  master: DbHost,
  beforeItReturns: () => Promise<void> = () => Promise.resolve(),
): Promise<void> => {
  const [kept, known] = await Promise.all([rowsOf(lab, dead), rowsOf(lab, master)]);
  const stranded = [...kept].filter(id => !known.has(id)).length;
  const what = `${dead} has ${kept.size} of the client's rows; ${stranded} of them never reached ${master}`;
  screen.say(stranded === 0 ? `${what}.` : `${what} and go with its old data.`, stranded === 0 ? undefined : 'warning');
  await beforeItReturns();
  await lab.rejoin(dead, master);
  await createMonitorAccount(lab, dead);
  screen.say(`${dead} has a copy of ${master}'s data, was compared with it (equal), and replicates.`);
};

const rowsOf = async (lab: Stage['lab'], host: DbHost): Promise<ReadonlySet<number>> =>
  new Set((await lab.sql(host, 'SELECT DISTINCT logical_id AS id FROM app.writes')).map(({id}) => Number(id)));
