import type {Lab} from '../lab/lab.ts';
import {labInterface, writerVip} from '../lab/topology.ts';

/**
 * db1 is the writable master with the VIP again, db2 a read-only replica without it: by hand, and faster than any switch.
 * The client forgets where the VIP was, or it would go on with the old machine.
 */
export const placeMaster = async (lab: Lab): Promise<void> => {
  const [address] = writerVip.split('/');
  const on = `ip -o address show dev ${labInterface} | grep -qF ' ${address}/'`;
  const shell = (host: 'db1' | 'db2', script: string) => lab.mustExec(host, ['sh', '-c', script]);
  await Promise.all([
    shell('db2', `nft flush ruleset; ! ${on} || ip address del ${writerVip} dev ${labInterface}`),
    lab.sql('db2', 'SET GLOBAL read_only = 1'),
  ]);
  await Promise.all([
    shell('db1', `nft flush ruleset; ${on} || ip address add ${writerVip} dev ${labInterface}`),
    lab.sql('db1', 'SET GLOBAL read_only = 0'),
  ]);
  await lab.flushNeighbours('client');
};
