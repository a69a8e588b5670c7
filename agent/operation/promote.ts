import type {Promote} from '../../proto/gen/mha_helper/v1/agent.ts';
import {readEventScheduler, setEventScheduler} from '../mysql/event-scheduler.ts';
import {makeWritable, readFlags} from '../mysql/read-only.ts';
import {Refused} from '../refusal.ts';
import type {IntentContext, Outcome} from './context.ts';

/** Makes the instance writable: read_only and super_read_only off, read back. Then events run again if they did before. */
export const promote = async (context: IntentContext, request: Promote): Promise<Outcome> => {
  const {instance, signal} = context;
  const before = await readFlags(instance, signal);
  const isWritable = !before.readOnly && before.superReadOnly !== true;
  if (!isWritable) {
    await context.willChange({kind: 'read_only', before});
    await makeWritable(instance, signal);
  }
  context.progress(isWritable ? 'read_only is off already' : 'read_only is off');
  const events = request.startEventScheduler ? await startEventScheduler(context) : {changed: false, notes: []};
  return {changed: !isWritable || events.changed, notes: events.notes};
};

/** Writes matter more than events: what fails here is a note, not a failure of the promotion. */
const startEventScheduler = async (context: IntentContext): Promise<Outcome> => {
  const {instance, signal} = context;
  try {
    const now = await readEventScheduler(instance, signal);
    if (now === 'ON') return {changed: false, notes: []};
    if (now !== 'OFF') return {changed: false, notes: [`event_scheduler is ${now} on ${instance.name}: no events run`]};
    await context.willChange({kind: 'event_scheduler', before: now});
    await setEventScheduler(instance, 'ON', signal);
    context.progress('event_scheduler is on, as it was on the old master');
    return {changed: true, notes: []};
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    return {changed: false, notes: [`events do not run on ${instance.name}: ${error.message}`]};
  }
};
