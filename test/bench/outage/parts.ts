/** Moments of one switch, milliseconds since 1970, all by the clock of the one machine that the lab is on. */
export interface Moments {
  /** MHA started the stop hook, and its plan began. */
  readonly stopBegan: number;
  readonly stopPlan: number;
  /** The demotion of the old master began, made it read-only, and left no client. */
  readonly demoteBegan: number;
  readonly readOnly: number;
  readonly demoted: number;
  readonly released: number;
  readonly stopEnded: number;
  /** MHA started the start hook, and its plan began: both agents had told how they are. */
  readonly startBegan: number;
  readonly startPlan: number;
  readonly promoted: number;
  /** The new master's kernel had the address, and the client's link its first announcement. */
  readonly acquired: number;
  readonly announced: number;
}

/** A client's outage: from the last commit acknowledged before it to the first one after. */
export interface Span {
  readonly fromMs: number;
  readonly toMs: number;
}

export interface Part extends Span {
  readonly name: PartName;
}

const cuts = [
  ['stop hook starts', 'stopPlan'],
  ['preflight, guard', 'demoteBegan'],
  ['read-only', 'readOnly'],
  ['drain, kill', 'demoted'],
  ['VIP released', 'released'],
  ['verify, commit', 'stopEnded'],
  ["MHA's own", 'startBegan'],
  ['start hook starts', 'startPlan'],
  ['promote', 'promoted'],
  ['acquire VIP', 'acquired'],
  ['first ARP', 'announced'],
] as const satisfies readonly (readonly [string, keyof Moments])[];

export type PartName = (typeof cuts)[number][0] | 'client reconnects';

export const partNames: readonly PartName[] = [...cuts.map(([name]) => name), 'client reconnects'];

/** What was at work, from the start of the stop hook to the client's first commit; one begins where the other ends. */
export const workOf = (moments: Moments, {toMs}: Span): readonly Part[] => {
  let fromMs = moments.stopBegan;
  const parts = cuts.map(([name, moment]): Part => {
    const part = {name, fromMs, toMs: Math.max(fromMs, moments[moment])};
    fromMs = part.toMs;
    return part;
  });
  return [...parts, {name: 'client reconnects', fromMs, toMs: Math.max(fromMs, toMs)}];
};

/** The same, of the outage alone: together they are the outage. */
export const partsOf = (moments: Moments, outage: Span): readonly Part[] => {
  const clip = (ms: number): number => Math.min(Math.max(ms, outage.fromMs), outage.toMs);
  const [first, ...rest] = workOf(moments, outage).map(part => ({
    ...part,
    fromMs: clip(part.fromMs),
    toMs: clip(part.toMs),
  }));
  // a commit that was under way when the hook began belongs to its beginning
  return first === undefined ? [] : [{...first, fromMs: outage.fromMs}, ...rest];
};

export const lengthOf = ({fromMs, toMs}: Span): number => toMs - fromMs;
