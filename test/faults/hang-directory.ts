import {once} from 'node:events';
import type {Lab} from '../lab/lab.ts';
import type {HostName} from '../lab/topology.ts';

/**
 * Mounts a file system over a host's directory that answers nobody, as a dead network mount: whoever looks there waits, and
 * only SIGKILL ends it. Nobody outside may look there meanwhile either. Answers the way back, which ends what waits with an error.
 */
export const hangDirectory = async (
  lab: Pick<Lab, 'open'>,
  host: HostName,
  path: string,
): Promise<() => Promise<unknown>> => {
  const mount = `exec 3<>/dev/fuse; mount -i -t fuse -o fd=3,rootmode=40000,user_id=0,group_id=0 silent ${path} || exit`;
  const shell = lab.open(host, ['sh', '-c', `${mount}; echo hangs; read -r end; umount -l ${path}`]);
  const ended = once(shell, 'exit');
  const said = shell.stdout === null ? [''] : await Promise.race([once(shell.stdout, 'data'), ended]);
  if (!String(said[0]).includes('hangs')) throw new Error(`${path} on ${host} could not be made to hang`);
  return () => {
    shell.stdin?.end();
    return ended;
  };
};
