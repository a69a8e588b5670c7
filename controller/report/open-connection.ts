import {once} from 'node:events';
import {connect, type Socket} from 'node:net';

/**
 * A connected socket, or an error as soon as the signal says so. Names are resolved as everywhere on the host, from
 * /etc/hosts first: the mail library would ask a name server even for `localhost`, which may be dead.
 */
export const openConnection = async (address: {host: string; port: number}, signal: AbortSignal): Promise<Socket> => {
  const socket = connect({...address, signal});
  await once(socket, 'connect');
  return socket;
};
