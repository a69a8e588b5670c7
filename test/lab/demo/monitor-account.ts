import type {Lab} from '../lab.ts';
import type {DbHost} from '../topology.ts';

/** The observer's own account. It stands in `exclude_users`, as a monitoring account should. */
export const monitor = {user: 'monitor', password: 'monitorpass'} as const;

/** Makes it on one server, past the binary log: a rebuilt server has none. */
export const createMonitorAccount = async (lab: Lab, host: DbHost): Promise<void> => {
  await lab.sql(
    host,
    `SET sql_log_bin = 0; CREATE OR REPLACE USER ${monitor.user}@localhost IDENTIFIED BY '${monitor.password}'`,
  );
};
