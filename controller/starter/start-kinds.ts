import {gatherHardFacts, startHardAlone} from '../failover/hard-phases.ts';
import {gatherOnlineFacts, startOnlineAlone} from '../failover/online-phases.ts';
import type {PhaseEnd, StartFacts, StartInput, StartQuestion} from '../failover/phase.ts';
import type {WantedStarter} from '../hook/run-hook.ts';

/** What differs between the start phases of the two hooks. */
export interface StartKind {
  readonly phase: 'online start' | 'hard start';
  readonly program: string;
  readonly gatherFacts: (question: StartQuestion) => Promise<StartFacts>;
  /** For a caller that holds the cluster's lock. */
  readonly start: (input: StartInput, facts: StartFacts) => Promise<PhaseEnd>;
}

const kinds: {readonly [H in WantedStarter['hook']]: StartKind} = {
  online: {
    phase: 'online start',
    program: 'master_ip_online_failover_helper',
    gatherFacts: gatherOnlineFacts,
    start: startOnlineAlone,
  },
  failover: {
    phase: 'hard start',
    program: 'master_ip_hard_failover_helper',
    gatherFacts: gatherHardFacts,
    start: startHardAlone,
  },
};

export const kindOf = ({hook}: Pick<WantedStarter, 'hook'>): StartKind => kinds[hook];
