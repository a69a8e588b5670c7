import type {Log} from '../log.ts';
import type {Instance} from '../mysql/instance.ts';
import type {Network} from '../network/network.ts';
import type {Background} from './background.ts';
import type {Journal} from './journal.ts';
import {toFailure} from './operation.ts';
import {demotePending, isPending} from './pending-demotion.ts';
import type {OperationRecord} from './record.ts';

interface Means {
  readonly instances: ReadonlyMap<number, Instance>;
  readonly network: Network;
  readonly journal: Journal;
  readonly log: Log;
  readonly background: Background;
}

/**
 * All pending demotions of this host. An operation goes before: it interrupts what is under way, and settles it when it
 * decides anew. Since an older failover cannot open one (STALE_EPOCH), only the same or a newer one can settle.
 */
export class PendingDemotions {
  readonly #means: Means;
  /** Why a server that answers is not demoted yet, by port. */
  readonly #failures = new Map<number, string>();

  constructor(means: Means) {
    this.#means = means;
  }

  areThere(): boolean {
    return this.#means.journal.records().some(isPending);
  }

  /** One try on every instance that has one and no open operation. Never throws. */
  async attempt(): Promise<void> {
    const ports = new Set(
      this.#means.journal
        .records()
        .filter(isPending)
        .map(({port}) => port),
    );
    await Promise.all([...ports].map(port => this.#attemptOn(port)));
  }

  /** Ends what is under way there (everywhere, if no port is named), and waits until it has ended. */
  interrupt(port?: number): Promise<void> {
    return this.#means.background.interrupt(port);
  }

  /** For the agent's operator: servers that answer and cannot be demoted. One that does not answer is no failure. */
  failures(): readonly string[] {
    return [...this.#failures.values()];
  }

  async #attemptOn(port: number): Promise<void> {
    const {instances, journal, background} = this.#means;
    const instance = instances.get(port);
    const pending = journal.records().filter(record => record.port === port && isPending(record));
    const holder = `pending demotion of ${pending.at(-1)?.purpose} ${pending.at(-1)?.id}`;
    if (instance !== undefined) await background.run(port, holder, signal => this.#demote(pending, instance, signal));
  }

  async #demote(pending: readonly OperationRecord[], instance: Instance, signal: AbortSignal): Promise<void> {
    const {network, journal, log} = this.#means;
    const {port, name} = instance;
    try {
      await demotePending(pending, {instance, network, journal, log, signal});
      this.#failures.delete(port);
    } catch (error) {
      const {reason, message} = toFailure(error);
      if (signal.aborted || reason === 'MYSQL_UNREACHABLE' || reason === 'DEADLINE') return;
      const failure = `${name} cannot be demoted, as ${pending.at(-1)?.purpose} wanted: ${message}`;
      if (this.#failures.get(port) !== failure) log.error('a pending demotion fails', {port, failure});
      this.#failures.set(port, failure);
    }
  }
}
