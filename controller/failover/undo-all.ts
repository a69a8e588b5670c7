import type {RemoteOperation} from '../agents/remote-operation.ts';
import type {StateChange, StepAccount} from '../record/entry.ts';
import {within} from '../vip/within.ts';
import {stateOf} from './host-states.ts';
import type {FailoverRun} from './run.ts';
import type {OnStep} from './run-plan.ts';

/**
 * Undoes every operation of the phase, and every change at a cloud's API, each with a deadline of its own; one that fails never stops the others. Inside
 * one host the agent goes from the newest change to the oldest; the hosts go side by side, since none depends on
 * another and the old master is waiting. Returns what was not put back, or what nobody saw put back: one line each.
 */
export const undoAll = async (run: FailoverRun, onStep: OnStep): Promise<string[]> => {
  const lines = await Promise.all([
    ...run.operations.toReversed().map(operation => undoAndTell(operation, onStep)),
    undoCloudChanges(run, onStep),
  ]);
  return lines.flat();
};

/** How long one change at an API may take to be put back. */
const cloudMs = 12_000;

/** One after another: an older change may be what a newer one stands on. */
const undoCloudChanges = async (run: FailoverRun, onStep: OnStep): Promise<string[]> => {
  const failures: string[] = [];
  for (const {host, verb, undo} of run.cloudChanges.toReversed()) {
    const begin = performance.now();
    const failed = await within(cloudMs, 'the API', undo).then(() => undefined, sayFailure);
    const durationMs = Math.round(performance.now() - begin);
    const did = verb === 'revoke' ? 'the VIP is given back' : 'the VIP is taken back';
    const account =
      failed === undefined ? {result: 'ok', did, notes: []} : {result: 'failed', did: 'unknown', notes: [failed]};
    onStep({step: 'undo', hosts: [host], durationMs, ...account} as StepAccount);
    if (failed !== undefined) failures.push(`${host}: ${failed}`);
  }
  return failures;
};

const sayFailure = (error: Error & {hint?: string}): string =>
  [error.message, error.hint ?? ''].filter(text => text !== '').join('; ');

const undoAndTell = async (operation: RemoteOperation, onStep: OnStep): Promise<string[]> => {
  const begin = performance.now();
  const {did, failed, states} = await undoOne(operation);
  const durationMs = Math.round(performance.now() - begin);
  const result = failed.length === 0 ? 'ok' : 'failed';
  onStep({step: 'undo', hosts: [operation.host], result, durationMs, did, notes: failed, states});
  return failed;
};

interface Undoing {
  readonly did: string;
  readonly failed: string[];
  readonly states: readonly StateChange[];
}

const undoOne = async (operation: RemoteOperation): Promise<Undoing> => {
  try {
    const {restored, failed, after} = await operation.undo();
    const did = restored.length > 0 ? restored.join('; ') : 'nothing had been changed';
    const host = `${operation.host}:${operation.port}`;
    const states = after === undefined ? [] : [{host, after: stateOf(after, [])}];
    return {did, failed: failed.map(line => `${operation.host}: ${line}`), states};
  } catch (error) {
    const line = `${operation.host}: nobody saw it put back (${(error as Error).message}); its agent undoes by itself when it notices`;
    return {did: 'unknown', failed: [line], states: []};
  }
};
