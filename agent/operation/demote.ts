import type {Demote} from '../../proto/gen/mha_helper/v1/agent.ts';
import {withBound} from '../bounded.ts';
import {disconnectApplications} from '../mysql/disconnect.ts';
import {drain} from '../mysql/drain.ts';
import {readEventScheduler, setEventScheduler} from '../mysql/event-scheduler.ts';
import type {Instance} from '../mysql/instance.ts';
import {isReadOnly, makeReadOnly, makeWritable, notVerified, readFlags} from '../mysql/read-only.ts';
import {sparedOn} from '../mysql/threads.ts';
import {listTransactions} from '../mysql/transactions.ts';
import type {Change, EventSchedulerChange, ReadOnlyChange} from './change.ts';
import {beginToClose} from './close-door.ts';
import type {IntentContext, Outcome} from './context.ts';

export type Demotion = Omit<Demote, 'pendingOnFailure' | 'settlesLater' | 'closes'> &
  Partial<Pick<Demote, 'settlesLater' | 'closes'>>;

/**
 * Takes writes away from the instance: event scheduler off → read-only, bounded → drain → nobody comes in any more
 * (`closes`) → kill until none is left → verify. What was so already is no change, and is not undone.
 */
export const demote = (context: IntentContext, request: Demotion): Promise<Outcome> => {
  const deadlineMs = request.deadlineMs === 0 ? defaultDeadlineMs : request.deadlineMs;
  return withBound(context.signal, deadlineMs, signal =>
    takeWrites(context, begin(context, {...request, deadlineMs}, signal)),
  );
};

const takeWrites = async (context: IntentContext, run: Run): Promise<Outcome> => {
  const door = beginToClose(context, run.closes);
  try {
    const [changes, refusals] = await Promise.all([findChanges(run), door.changes]);
    if (changes.length + refusals.length > 0) await context.willChange(...changes, ...refusals);
    await stopEventScheduler(run, changes);
    await setReadOnly(run, changes);
    await drain({...run, graceMs: Math.min(run.graceLeftMs(), run.leftMs())});
    door.close();
    const nobodyCanWrite = (await readFlags(run.instance, run.signal)).superReadOnly === true;
    const {killed, reconnecting, standstill} = await disconnectApplications({
      ...{...run, nobodyCanWrite, standstill: context.standstill, isLastLook: context.isLastLook === true},
      boundMs: run.leftMs(),
    });
    await verify(run);
    return {changed: changes.length > 0 || killed > 0, notes: noteOf(reconnecting, nobodyCanWrite), standstill};
  } finally {
    door.leave();
  }
};

type Run = ReturnType<typeof begin>;

/** One clock for the whole intent: the grace covers statements that block read-only as well as those after it. */
const begin = (context: IntentContext, request: Demotion, signal: AbortSignal) => {
  const startedMs = performance.now();
  const {deadlineMs} = request;
  return {
    instance: context.instance,
    superReadOnly: request.superReadOnly,
    spared: sparedOn(context.instance, request.excludeUsers),
    settlesLater: request.settlesLater === true,
    closes: request.closes ?? [],
    signal,
    progress: (text: string) => context.progress(text),
    /** Time left until the deadline, less what cleaning up needs. */
    leftMs: () => Math.max(0, startedMs + deadlineMs - Math.min(cleanUpMs, deadlineMs / 2) - performance.now()),
    graceLeftMs: () => Math.max(0, startedMs + request.graceMs - performance.now()),
  };
};

const defaultDeadlineMs = 30_000;
/** Cancelling a SET that waits, and seeing it gone. */
const cleanUpMs = 2_000;

const findChanges = async ({instance, superReadOnly, signal}: Run): Promise<readonly Change[]> => {
  // Fails without PROCESS. Then the processlist shows only ourselves, and "nobody is connected" would be a lie.
  await listTransactions(instance, signal);
  const changes: Change[] = [];
  if ((await readEventScheduler(instance, signal)) === 'ON') changes.push({kind: 'event_scheduler', before: 'ON'});
  const flags = await readFlags(instance, signal);
  if (!isReadOnly(flags, superReadOnly)) changes.push({kind: 'read_only', before: flags});
  return changes;
};

const stopEventScheduler = async ({instance, signal, progress}: Run, changes: readonly Change[]): Promise<void> => {
  if (!changes.some(change => change.kind === 'event_scheduler')) return;
  await setEventScheduler(instance, 'OFF', signal);
  progress('event_scheduler is off');
};

const setReadOnly = async (run: Run, changes: readonly Change[]): Promise<void> => {
  if (!changes.some(change => change.kind === 'read_only')) return run.progress('read_only is on already');
  const startedMs = performance.now();
  await makeReadOnly({...run, killAfterMs: run.graceLeftMs(), boundMs: run.leftMs()});
  run.progress(`read_only is on (${Math.round(performance.now() - startedMs)} ms)`);
};

const verify = async ({instance, superReadOnly, signal}: Run): Promise<void> => {
  if (!isReadOnly(await readFlags(instance, signal), superReadOnly)) throw notVerified(instance, 'on');
};

const noteOf = (reconnecting: number, nobodyCanWrite: boolean): readonly string[] => {
  if (reconnecting === 0) return [];
  const verified = nobodyCanWrite ? 'super_read_only keeps them from writing' : 'none of them has written anything';
  return [`${reconnecting} application threads reconnect faster than they are killed; ${verified}`];
};

/** Puts read-only back to what it was before, if it is not so already. */
export const undoReadOnly = async (
  {before}: ReadOnlyChange,
  {instance, signal}: {readonly instance: Instance; readonly signal: AbortSignal},
): Promise<string> => {
  const now = await readFlags(instance, signal);
  const was = `read_only is ${before.readOnly ? 'on' : 'off'} as before on ${instance.name}`;
  if (now.readOnly === before.readOnly && now.superReadOnly === before.superReadOnly) return was;
  if (before.readOnly) await undoToReadOnly(before.superReadOnly === true, instance, signal);
  else await makeWritable(instance, signal);
  return was;
};

/** Two writable masters are worse than a killed statement: nobody gets time here. */
const undoToReadOnly = async (superReadOnly: boolean, instance: Instance, signal: AbortSignal): Promise<void> => {
  if (!superReadOnly) await clearSuperReadOnly(instance, signal);
  if (isReadOnly(await readFlags(instance, signal), superReadOnly)) return;
  const spared = sparedOn(instance);
  await makeReadOnly({instance, superReadOnly, spared, signal, killAfterMs: 0, boundMs: 8_000, progress: () => {}});
};

const clearSuperReadOnly = async (instance: Instance, signal: AbortSignal): Promise<void> => {
  const {superReadOnly} = await readFlags(instance, signal);
  if (superReadOnly === true) await instance.changer.query('SET GLOBAL super_read_only = 0', signal);
};

/** Puts the event scheduler back to what it was before, if it is not so already. */
export const undoEventScheduler = async (
  {before}: EventSchedulerChange,
  {instance, signal}: {readonly instance: Instance; readonly signal: AbortSignal},
): Promise<string> => {
  if ((await readEventScheduler(instance, signal)) !== before) await setEventScheduler(instance, before, signal);
  return `event_scheduler is ${before} as before on ${instance.name}`;
};
