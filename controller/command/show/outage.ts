import type {PhaseTimeline, StepTimeline, Timeline} from './timeline.ts';

/** How long nobody could write, as far as the hooks can know it. */
export interface Outage {
  readonly beganMs: number;
  /** Undefined: the record does not show that anybody can write again. */
  readonly endMs: number | undefined;
  readonly from: string;
  readonly to: string;
}

/**
 * From the first step that takes writes or the address away to the step after which the VIP leads to a writable server
 * again: the new master's, or the old one's when it was put back. Undefined: no such step has begun.
 */
export const outageOf = ({phases, record}: Timeline): Outage | undefined => {
  if (record.head.kind === 'placement') return undefined;
  const steps = phases.flatMap(phase => phase.steps.map(step => ({step, phase})));
  const first = steps.findIndex(({step, phase}) => takesAway(step, phase));
  const begin = steps[first];
  if (begin === undefined) return undefined;
  const back = steps
    .slice(first)
    .filter(({step, phase}) => step.result === 'ok' && givesBack(step, phase, record.head.oldMaster));
  const end = back.findLast(({phase}) => phase === back[0]?.phase); // several things may be put back on one host
  return {
    beganMs: begin.step.startMs,
    endMs: end?.step.endMs,
    from: nameOf(begin.step),
    to: end === undefined ? '' : nameOf(end.step),
  };
};

const takesAway = ({step}: StepTimeline, {name}: PhaseTimeline): boolean =>
  name.endsWith('stop') && (step === 'demote' || step.endsWith(' VIP') || step === 'reach');

const givesBack = ({step, hosts}: StepTimeline, {name}: PhaseTimeline, oldMaster: string): boolean => {
  const host = oldMaster.slice(0, oldMaster.lastIndexOf(':'));
  const isOld = hosts.some(one => one === host || one.startsWith(`${host}:`));
  return (step === 'acquire VIP' && name.endsWith('start')) || (step === 'undo' && isOld && !name.endsWith('start'));
};

const nameOf = ({step, hosts}: StepTimeline): string => `${step} on ${hosts.join(', ')}`;
