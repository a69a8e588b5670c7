import type {InstanceStatus, Result, VipStatus} from '../../proto/gen/mha_helper/v1/agent.ts';
import type {HostState, StateChange} from '../record/entry.ts';
import {instanceOf, type Survey} from './survey.ts';

/** What the hosts said of themselves while a phase runs: the state before and after each step, for the record. */
export class HostStates {
  readonly #known = new Map<string, HostState>();
  #changes = new Map<string, StateChange>();

  /** How the hosts stood before the first step. */
  begin({hosts}: Survey): void {
    for (const report of hosts) {
      if (report.status === undefined) continue;
      const key = `${report.config.name}:${report.config.port}`;
      this.#known.set(key, stateOf(instanceOf(report), report.status.vips));
    }
  }

  /** A result of an operation on this `host:port`. */
  hear(host: string, {before, after, vips}: Pick<Result, 'before' | 'after' | 'vips'>): void {
    if (before === undefined && after === undefined && vips.length === 0) return; // a commit tells nothing
    const last = {...this.#known.get(host), ...stateOf(before, [])};
    const now = {...last, ...stateOf(after, vips)};
    const first = this.#changes.get(host)?.before ?? last;
    this.#known.set(host, now);
    this.#changes.set(host, {host, before: first, after: now});
  }

  /** As last heard of this `host:port`; undefined: never. */
  of(host: string): HostState | undefined {
    return this.#known.get(host);
  }

  /** Hosts that answered since this was last asked. */
  takeChanges(): readonly StateChange[] {
    const changes = [...this.#changes.values()];
    this.#changes = new Map();
    return changes;
  }
}

/** Nothing was asked about addresses where none is listed: whether there are any then stays as it was known. */
export const stateOf = (instance: InstanceStatus | undefined, vips: readonly VipStatus[]): HostState => ({
  ...(instance?.reachable === true ? serverState(instance) : {}),
  // Each once, however often it is told.
  ...(vips.length === 0 ? {} : {vips: [...new Set(vips.filter(({present}) => present).map(({cidr}) => cidr))]}),
});

const serverState = (instance: InstanceStatus): HostState => {
  const {readOnly, superReadOnly, eventScheduler, applicationThreads, binlogPosition} = instance;
  const always = {readOnly, eventScheduler, applicationThreads, binlogPosition};
  return superReadOnly === undefined ? always : {...always, superReadOnly};
};
