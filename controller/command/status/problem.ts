export type Level = 'healthy' | 'degraded' | 'critical';

/** One thing that is wrong with a cluster. */
export interface ClusterProblem {
  readonly level: Exclude<Level, 'healthy'>;
  /** The instance concerned; undefined: the cluster as a whole. */
  readonly host: string | undefined;
  readonly message: string;
  /** What the operator does next; empty when the message says it all. */
  readonly hint: string;
}

const ranks: Readonly<Record<Level, number>> = {healthy: 0, degraded: 1, critical: 2};

/** What `mha-helper status` exits with, as monitoring systems read it. */
export const rankOf = (level: Level): number => ranks[level];

export const worstOf = (levels: readonly Level[]): Level =>
  levels.reduce((worst, level) => (rankOf(level) > rankOf(worst) ? level : worst), 'healthy');

export const critical = (message: string, hint: string, host?: string): ClusterProblem => ({
  level: 'critical',
  host,
  message,
  hint,
});

export const degraded = (message: string, hint: string, host?: string): ClusterProblem => ({
  level: 'degraded',
  host,
  message,
  hint,
});
