import type {InstanceStatus} from '../../proto/gen/mha_helper/v1/agent.ts';
import type {Instance} from '../mysql/instance.ts';
import {readInstanceStatus} from '../mysql/read-status.ts';

export type ReadInstance = (...what: Parameters<typeof readInstanceStatus>) => Promise<InstanceStatus>;

/** Readings of the servers, by whoever asks. */
export class InstanceReadings {
  readonly #running = new Map<number, Promise<InstanceStatus>>();
  readonly #read: ReadInstance;

  constructor(read: ReadInstance = readInstanceStatus) {
    this.#read = read;
  }

  /** A reading that begins now: a failover decides on nothing that is older than its question. */
  readonly begin: ReadInstance = (instance, options) => {
    const reading = this.#read(instance, options);
    this.#running.set(instance.port, reading);
    void reading.finally(() => this.#forget(instance, reading)).catch(() => {}); // whoever asked hears it
    return reading;
  };

  /**
   * The reading that runs already, whoever began it, or else one of its own. For who only looks on: the server is not
   * asked twice at a time, and nobody who decides something ever waits for an onlooker.
   */
  readonly join: ReadInstance = (instance, options) =>
    this.#running.get(instance.port) ?? this.begin(instance, options);

  #forget({port}: Instance, reading: Promise<InstanceStatus>): void {
    if (this.#running.get(port) === reading) this.#running.delete(port);
  }
}
