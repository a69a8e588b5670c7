/** All times are milliseconds of one monotonic clock. */
export interface Samples {
  /** When mysqld greeted through the VIP, in the order of time. */
  readonly greetings: readonly number[];
  /** Whether the VIP can be greeted from here at all; false: only agents were asked. */
  readonly canGreet: boolean;
  /** What the agents of both masters said. */
  readonly states: readonly StateSample[];
}

export interface StateSample {
  readonly role: 'old' | 'new';
  readonly askedMs: number;
  readonly answeredMs: number;
  /** Writable, and with the VIP where there is one. */
  readonly takesWrites: boolean;
}

export interface SeenOutage {
  /**
   * From the moment its agent was last asked that said the old master takes writes, to the first answer that the new one
   * does, and a greeting through the VIP after the address had moved. Undefined: that was not seen.
   */
  readonly writesMs: number | undefined;
  /** The longest time between two greetings through the VIP. Undefined: there is none to be greeted at. */
  readonly greetingsMs: number | undefined;
}

/** How long nobody could write, as the probe saw it. A pure function of its samples. */
export const seenOutage = ({greetings, canGreet, states}: Samples): SeenOutage => {
  const gap = canGreet ? longestGap(greetings) : undefined;
  const lastOld = states.filter(({role, takesWrites}) => role === 'old' && takesWrites).at(-1)?.askedMs;
  const firstNew = states.find(({role, takesWrites}) => role === 'new' && takesWrites)?.answeredMs;
  const greetingsMs = gap === undefined ? undefined : gap.endMs - gap.beganMs;
  if (lastOld === undefined || firstNew === undefined || (canGreet && gap === undefined))
    return {writesMs: undefined, greetingsMs};
  const endMs = gap === undefined ? firstNew : Math.max(firstNew, gap.endMs);
  return {writesMs: endMs - lastOld, greetingsMs};
};

const longestGap = (times: readonly number[]): {readonly beganMs: number; readonly endMs: number} | undefined => {
  const gaps = times.slice(1).map((endMs, index) => ({beganMs: times[index] ?? endMs, endMs}));
  const length = ({beganMs, endMs}: (typeof gaps)[number]): number => endMs - beganMs;
  return gaps.toSorted((one, other) => length(other) - length(one))[0];
};
