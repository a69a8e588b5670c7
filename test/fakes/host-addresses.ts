import type {Instruction} from '../../controller/agents/remote-operation.ts';
import type {Result, Vip} from '../../proto/gen/mha_helper/v1/agent.ts';

/** The addresses of hosts as their agents would move them, for providers whose own business is an API. */
export class HostAddresses {
  readonly #hosts = new Map<string, Set<string>>();

  holdersOf(cidr: string): string[] {
    return [...this.#hosts].filter(([, cidrs]) => cidrs.has(cidr)).map(([host]) => host);
  }

  of(host: string): ReadonlySet<string> {
    return this.#own(host);
  }

  /** One operation: its intents, and its undo. */
  open(host: string): {intent(instruction: Instruction): Promise<Result>; undo(): void} {
    const own = this.#own(host);
    const before = new Set(own);
    return {
      intent: async instruction => {
        if (instruction.$case !== 'acquireVip' && instruction.$case !== 'releaseVip')
          throw new Error(`a VIP provider has no business with ${instruction.$case}`);
        const isAcquire = instruction.$case === 'acquireVip';
        const changed = instruction.value.vips.some(({cidr}) => own.has(cidr) !== isAcquire);
        for (const {cidr} of instruction.value.vips) isAcquire ? own.add(cidr) : own.delete(cidr);
        return resultOf(changed, instruction.value.vips, isAcquire);
      },
      undo: () => {
        own.clear();
        for (const cidr of before) own.add(cidr);
      },
    };
  }

  #own(host: string): Set<string> {
    const own = this.#hosts.get(host) ?? new Set<string>();
    this.#hosts.set(host, own);
    return own;
  }
}

const resultOf = (changed: boolean, vips: readonly Vip[], present: boolean): Result => ({
  changed,
  before: undefined,
  after: undefined,
  notes: [],
  failure: undefined,
  durationMs: 0,
  demotionPending: false,
  vips: vips.map(({cidr, interface: name}) => ({
    cidr,
    present,
    interface: name,
    mac: '',
    wouldLose: [],
    prefixLength: present ? Number(cidr.split('/')[1]) : 0,
  })),
});
