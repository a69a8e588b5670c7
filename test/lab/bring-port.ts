import {connect, createServer} from 'node:net';
import type {Hosts} from './hosts.ts';
import {poll} from './poll.ts';
import type {HostName} from './topology.ts';

/**
 * Makes a port of this process's loopback one of a host's, under the same number, through a unix socket in the host's own
 * /run: no network leads out of the lab. Answers what ends it.
 */
export const bringPort = async (hosts: Hosts, host: HostName, port: number): Promise<() => Promise<void>> => {
  const path = `/run/port-${port}.sock`;
  const outside = createServer(from => {
    const to = connect(port, '127.0.0.1');
    from.pipe(to).pipe(from);
    from.on('error', () => to.destroy());
    to.on('error', () => from.destroy());
  });
  await new Promise<void>(resolve => outside.listen(hosts.pathOf(host, path), resolve));
  const script = `require('net').createServer(from => {
    const to = require('net').connect('${path}');
    from.pipe(to).pipe(from);
    from.on('error', () => to.destroy());
    to.on('error', () => from.destroy());
  }).listen(${port}, '127.0.0.1', () => console.log('listens'))`;
  const log = `/var/log/port-${port}.log`;
  const inside = await hosts.spawn(host, [process.execPath, '-e', script], {log});
  await poll(`port ${port} on ${host}`, async () => ((await inside.output()).includes('listens') ? true : undefined));
  return async () => {
    outside.close();
    inside.kill('SIGKILL');
    await inside.ended;
  };
};
