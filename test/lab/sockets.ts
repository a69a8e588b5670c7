import {readFile} from 'node:fs/promises';

/** True when somebody listens on this TCP port in the network namespace of that process. */
export const listensOn = async (pid: number, port: number): Promise<boolean> => {
  const tables = await Promise.all(
    ['tcp', 'tcp6'].map(family => readFile(`/proc/${pid}/net/${family}`, 'latin1').catch(() => '')),
  );
  const wanted = port.toString(16).toUpperCase().padStart(4, '0');
  // Columns: slot, local address:port, remote address:port, state; 0A is LISTEN.
  return tables
    .flatMap(table => table.split('\n'))
    .map(line => line.trim().split(/\s+/))
    .some(([, local, , state]) => state === '0A' && local?.endsWith(`:${wanted}`));
};
