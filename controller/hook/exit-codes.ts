import type {PhaseEnd} from '../failover/phase.ts';

/** What MHA 0.58 reads from a hook: 0 and 10 go on, everything else stops the failover. */
export const exitCodes = {
  done: 0,
  failed: 1,
  /** Bad arguments or configuration. Never 10: MHA would read "go on". */
  usage: 2,
  /** MHA goes on although something is missing. */
  incomplete: 10,
} as const;

export const exitCodeOf = ({result}: Pick<PhaseEnd, 'result'>): number => exitCodes[result];
