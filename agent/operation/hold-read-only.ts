import type {HoldReadOnly} from '../../proto/gen/mha_helper/v1/agent.ts';
import {isReadOnly, makeReadOnly, readFlags} from '../mysql/read-only.ts';
import {sparedOn} from '../mysql/threads.ts';
import type {IntentContext, Outcome} from './context.ts';

/** A replica's applier may run a long write, which blocks the SET; nobody is killed for it. */
const boundMs = 10_000;

/** Makes a replica stay read-only. */
export const holdReadOnly = async (context: IntentContext, {superReadOnly}: HoldReadOnly): Promise<Outcome> => {
  const {instance, signal} = context;
  const before = await readFlags(instance, signal);
  if (isReadOnly(before, superReadOnly)) {
    context.progress('read_only is on already');
    return {changed: false, notes: []};
  }
  await context.willChange({kind: 'read_only', before});
  await makeReadOnly({
    instance,
    superReadOnly,
    killAfterMs: undefined,
    boundMs,
    spared: sparedOn(instance),
    signal,
    progress: text => context.progress(text),
  });
  context.progress('read_only is on');
  return {changed: true, notes: []};
};
