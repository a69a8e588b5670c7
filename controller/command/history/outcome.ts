import {whatIsHalfDone} from '../../failover/half-done.ts';
import {resultOf, type Timeline} from '../show/timeline.ts';
import type {Style} from '../terminal/paint.ts';

/**
 * How a failover ended. refused: its preflight spoke against it, nothing was changed. recovered: it was abandoned and put back. undone: it failed, and everything is as it was.
 * incomplete: something is missing, and what was done is kept. under way: MHA, or our own process, is still at it.
 */
export type Outcome = 'done' | 'incomplete' | 'refused' | 'undone' | 'failed' | 'half done' | 'recovered' | 'under way';

export const outcomeOf = (timeline: Timeline, isAtWork: boolean): Outcome => {
  const {phases, record} = timeline;
  const last = phases.at(-1);
  if (whatIsHalfDone(record) !== 'nothing') return isAtWork ? 'under way' : 'half done';
  if (last === undefined || last.end === undefined) return isAtWork ? 'under way' : 'incomplete';
  if (last.name === 'recover' && last.end.result === 'done') return 'recovered';
  if (last.end.result === 'failed') return last.end.notPutBack.length === 0 ? failedAs(timeline) : 'half done';
  if (isAtWork && last.name.endsWith('stop')) return 'under way';
  const isWhole = phases.every(phase => resultOf(phase) === 'done' || phase.name === last.name);
  return last.end.result === 'done' && isWhole && !last.name.endsWith('stop') ? 'done' : 'incomplete';
};

/** Nothing is taken back in a hard failover: there a failed phase is a failed phase. */
const failedAs = ({record, phases}: Timeline): Outcome => {
  if (phases.every(({steps}) => steps.every(({step}) => step === 'preflight'))) return 'refused';
  return record.head.kind === 'hard' ? 'failed' : 'undone';
};

export const styleOf = (outcome: Outcome): Style => styles[outcome];

const styles: Readonly<Record<Outcome, Style>> = {
  done: 'good',
  recovered: 'warning',
  refused: 'warning',
  undone: 'warning',
  incomplete: 'warning',
  'under way': 'strong',
  failed: 'bad',
  'half done': 'bad',
};
