import type {ClusterConfig} from '../../config/cluster-config.ts';
import {keyOf} from '../../failover/cluster-facts.ts';
import {nameOf, type Party} from '../../failover/move.ts';
import type {Parties} from '../../failover/parties.ts';
import {CommandMisused} from '../command-misused.ts';

/** The instance that an operator names: `db1`, `db1:3307`, or its address. Throws `CommandMisused` when it is none or several. */
export const findInstance = (parties: Parties, wanted: string, cluster: ClusterConfig): Party => {
  const all = parties.all();
  const [found, ...more] = all.filter(party =>
    [nameOf(party), keyOf(party), party.config.name, party.config.ip].includes(wanted.toLowerCase()),
  );
  if (found !== undefined && more.length === 0) return found;
  const known = all.map(nameOf).join(', ');
  throw new CommandMisused(
    found === undefined
      ? `cluster ${cluster.name} has no host ${JSON.stringify(wanted)}; known are: ${known}`
      : `cluster ${cluster.name} has several instances on ${wanted}: name one of ${known}`,
    `its hosts are the sections of ${cluster.file}`,
  );
};
