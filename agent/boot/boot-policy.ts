import type {AgentConfig} from '../config/agent-config.ts';
import type {Log} from '../log.ts';
import type {Instance} from '../mysql/instance.ts';
import type {Network} from '../network/network.ts';
import type {Journal} from '../operation/journal.ts';
import {lastDecision} from '../operation/mastership.ts';
import {type BootHold, BootState} from './boot-state.ts';
import {knownMasters} from './known-master.ts';
import {removeLeftoverVips} from './remove-leftover-vips.ts';

export interface BootMeans {
  readonly config: Pick<AgentConfig, 'bootPolicy' | 'vips'>;
  /** Emptied at every boot. Undefined: nobody does that, so boots cannot be told from restarts, and nothing is done. */
  readonly directory: string | undefined;
  readonly instances: ReadonlyMap<number, Instance>;
  readonly network: Network;
  readonly journal: Journal;
  readonly log: Log;
}

/** What is left to do when the agent serves. */
export interface AfterBoot {
  readonly state: BootState | undefined;
  /** Instances that are to become read-only as soon as they answer, and those that have since the boot. */
  readonly holds: readonly BootHold[];
  /** For the agent's operator, one line each. */
  readonly failures: readonly string[];
}

/**
 * At the agent's first start after a boot, before mysqld starts (the unit is ordered so): a host that is not known to be
 * the master gives up VIPs that its network scripts put on, and its instances come up read-only. It may have been
 * replaced while it was away. An agent that comes later than mysqld leaves everything: it may be the master by now.
 */
export const applyBootPolicy = async (means: BootMeans): Promise<AfterBoot> => {
  const {config, directory, log} = means;
  if (directory === undefined || config.bootPolicy === 'leave') return {state: undefined, holds: [], failures: []};
  try {
    return await apply(means, new BootState(directory));
  } catch (error) {
    // A failover needs the agent more than the boot policy.
    log.error('boot policy not applied', {error});
    return {state: undefined, holds: [], failures: [`boot_policy was not applied: ${(error as Error).message}`]};
  }
};

const apply = async (means: BootMeans, state: BootState): Promise<AfterBoot> => {
  const {journal, log} = means;
  const earlier = await state.holds();
  if (earlier !== undefined) return {state, holds: earlier, failures: []};
  const isFirstLife = journal.isNew;
  const {pending, failures} = isFirstLife ? {pending: [], failures: []} : await decide(means, state);
  const decisionOn = (port: number) => lastDecision(journal.records(), port)?.id;
  const holds = pending.map(port => ({port, decision: decisionOn(port), isPending: true}));
  await state.save(holds);
  if (!isFirstLife) log.info('boot policy applied', {readOnly: pending});
  return {state, holds, failures};
};

interface Decided {
  readonly pending: readonly number[];
  readonly failures: readonly string[];
}

const decide = async (means: BootMeans, state: BootState): Promise<Decided> => {
  const {config, instances, network, journal, log} = means;
  const [instance] = instances.values();
  const ports = [...instances.keys()];
  if (instance === undefined) return {pending: [], failures: []};
  if (await anyAnswers(instances.values())) {
    const failure =
      'boot_policy came too late: mysqld was up before the agent; order its unit After=mha-helper-agent.service';
    log.warn(failure);
    return {pending: [], failures: [failure]};
  }
  const known = await knownMasters({journal, network, vips: config.vips, instances: ports});
  const pending = ports.filter(port => !known.includes(port));
  if (known.length > 0) {
    // One of them is the master that the VIPs may belong to, and they have one flag together.
    log.info('boot: known to be the master, left as it is', {ports: known});
    return {pending, failures: []};
  }
  const failures = await removeLeftoverVips({network, vips: config.vips, instance, log});
  await state.startReadOnly();
  return {pending, failures};
};

const answerMs = 1_000;

const anyAnswers = async (instances: Iterable<Instance>): Promise<boolean> => {
  const asked = [...instances].map(({reader}) =>
    reader.flavour(AbortSignal.timeout(answerMs)).then(
      () => true,
      () => false, // not up: what the agent waits for
    ),
  );
  return (await Promise.all(asked)).includes(true);
};
