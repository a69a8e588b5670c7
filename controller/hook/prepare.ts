import type {VipConfig} from '../config/cluster-config.ts';
import {findCluster, findHost} from '../config/find-cluster.ts';
import {loadClusters} from '../config/load-clusters.ts';
import type {Party} from '../failover/move.ts';
import {Parties} from '../failover/parties.ts';
import type {PhaseInput} from '../failover/phase.ts';
import {exitCodeOf} from './exit-codes.ts';
import type {MhaInstance} from './parse-arguments.ts';
import type {HookEnvironment} from './run-hook.ts';

/** An undo has a deadline of its own, beyond the hook's. */
export const undoReserveMs = 15_000;

/** From what MHA says to what a phase needs: the one cluster, its agents, and how long it may take. */
export const prepare = async (
  {oldMaster, notes}: {readonly oldMaster: MhaInstance; readonly notes: readonly string[]},
  {configDirectory, cloudEnvironment, tell, endBy, faultPoint}: HookEnvironment,
): Promise<PhaseInput> => {
  const found = findCluster(loadClusters(configDirectory, cloudEnvironment), oldMaster);
  for (const note of [...notes, ...found.notes]) tell(`note: ${note}`);
  endBy(found.cluster.hookTimeoutMs + undoReserveMs);
  const parties = await Parties.load(found.cluster);
  return {
    cluster: found.cluster,
    parties,
    oldMaster: parties.of(found.host, oldMaster.ip),
    deadline: found.cluster.hookTimeoutMs, // performance.now() counts from the start of this process
    beganMs: performance.timeOrigin,
    exitCodeOf,
    tell,
    faultPoint,
  };
};

/** The other master of the same cluster. */
export const partyOf = ({cluster, parties}: PhaseInput, instance: MhaInstance): Party =>
  parties.of(findHost(cluster, instance), instance.ip);

/** A start that may be handed over. An API of a cloud takes longer to answer than a process to start. */
export const isQuick = ({type}: VipConfig): boolean => type === 'metal' || type === 'none';
