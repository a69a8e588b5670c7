import {setTimeout} from 'node:timers/promises';
import {type Move, nameOf, type Party} from '../../failover/move.ts';
import {Parties} from '../../failover/parties.ts';
import {instanceOf, vipsOf} from '../../failover/survey.ts';
import {selectVip} from '../../vip/select.ts';
import {greetMysqld} from './greet-mysqld.ts';
import {type Samples, type StateSample, seenOutage} from './seen-outage.ts';

/** How often the VIP is greeted and each agent asked. */
export const everyMs = 20;
/** A greeting that takes longer came by a repeated packet: a client would have had to wait, too. */
const greetingMs = 200;
const answerMs = 1000;
/** How long the new master must have been seen before the probe ends by itself. */
const settledMs = 300;

/**
 * Watches one switch from the manager: greets mysqld through the VIP, and asks the agents of both masters. It runs from
 * the first hook until the new master takes writes: each greeting is a refused login in the server's log.
 */
export class OutageProbe {
  readonly #move: Move;
  readonly #greetings: number[] = [];
  readonly #states: StateSample[] = [];
  readonly #working: Promise<unknown>[] = [];
  #parties: Parties | undefined;
  #isOver = false;

  constructor(move: Move) {
    this.#move = move;
  }

  async start(): Promise<void> {
    if (this.#working.length > 0) return;
    const {cluster, oldMaster, newMaster} = this.#move;
    const loaded = Parties.load(cluster);
    this.#working.push(loaded);
    const parties = await loaded;
    this.#parties = parties;
    const address = greetedAt(this.#move);
    this.#working.push(
      this.#repeat(() => this.#ask('old', parties.of(oldMaster.config))),
      this.#repeat(() => this.#ask('new', parties.of(newMaster.config))),
    );
    if (address !== undefined) this.#working.push(this.#repeat(() => this.#greet(address)));
  }

  /** Ends the probe and says what it saw. */
  async finish(): Promise<ReturnType<typeof seenOutage>> {
    this.#isOver = true;
    await Promise.all(this.#working);
    this.#parties?.close();
    const canGreet = greetedAt(this.#move) !== undefined && this.#greetings.length > 0;
    const samples: Samples = {greetings: this.#greetings, canGreet, states: this.#states};
    return seenOutage(samples);
  }

  async #repeat(act: () => Promise<void>): Promise<void> {
    while (!this.#isOver) {
      const next = performance.now() + everyMs;
      await act();
      await setTimeout(Math.max(0, next - performance.now()));
      this.#endWhenSettled();
    }
  }

  async #greet(address: string): Promise<void> {
    const {port} = this.#move.newMaster.config;
    const greeted = await greetMysqld({address, port}, greetingMs);
    if (greeted !== undefined) this.#greetings.push(greeted.greetedMs);
  }

  async #ask(role: StateSample['role'], {config, agent}: Party): Promise<void> {
    const askedMs = performance.now();
    const vip = selectVip(this.#move.cluster.vip);
    const request = {ports: [config.port], cidrs: [...vip.cidrs], brief: true};
    const status = await agent.getStatus(request, {deadlineMs: answerMs}).catch(() => undefined); // no answer: no sample
    if (status === undefined) return;
    const report = {config, status, error: undefined};
    const instance = instanceOf(report);
    const hasVip = vip.cidrs.length === 0 || vip.isHeldBy(vipsOf(report, vip.cidrs));
    const takesWrites = instance?.reachable === true && !instance.readOnly && hasVip;
    this.#states.push({role, askedMs, answeredMs: performance.now(), takesWrites});
  }

  #endWhenSettled(): void {
    const isNew = ({role, takesWrites}: StateSample): boolean => role === 'new' && takesWrites;
    const since = this.#states.find(isNew)?.answeredMs;
    if (since !== undefined && performance.now() - since > settledMs) this.#isOver = true;
  }
}

/** Where clients reach the master; undefined: mha-helper moves no address. */
export const greetedAt = ({cluster}: Pick<Move, 'cluster'>): string | undefined =>
  'cidrs' in cluster.vip ? cluster.vip.cidrs[0]?.split('/')[0] : undefined;

/** For people: between whom. */
export const sayMove = ({oldMaster, newMaster}: Move): string => `${nameOf(oldMaster)} -> ${nameOf(newMaster)}`;
