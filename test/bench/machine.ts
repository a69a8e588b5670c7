import {cpus, release} from 'node:os';
import type {Lab} from '../lab/lab.ts';

/** What the numbers were measured on, in one line. */
export const describeMachine = async (lab: Lab): Promise<string> => {
  const [server] = await lab.sql('db1', 'SELECT @@version AS version');
  const [processor] = cpus();
  const mariadb = String(server?.version).split('-')[0];
  return `${cpus().length} cores (${processor?.model.trim()}), Linux ${release()}, Node ${process.versions.node}, MariaDB ${mariadb}, MHA 0.58`;
};
