import type {RemoteOperation} from '../agents/remote-operation.ts';
import type {FailoverRun} from './run.ts';
import type {OnStep} from './run-plan.ts';

/**
 * Undoes every operation of the phase, each with a deadline of its own; one that fails never stops the others. Inside
 * one host the agent goes from the newest change to the oldest; the hosts go side by side, since none depends on
 * another and the old master is waiting. Returns what was not put back, or what nobody saw put back: one line each.
 */
export const undoAll = async (run: FailoverRun, onStep: OnStep): Promise<string[]> => {
  const lines = await Promise.all(run.operations.toReversed().map(operation => undoAndTell(operation, onStep)));
  return lines.flat();
};

const undoAndTell = async (operation: RemoteOperation, onStep: OnStep): Promise<string[]> => {
  const begin = performance.now();
  const {did, failed} = await undoOne(operation);
  const durationMs = Math.round(performance.now() - begin);
  const result = failed.length === 0 ? 'ok' : 'failed';
  onStep({step: 'undo', hosts: [operation.host], result, durationMs, did, notes: failed});
  return failed;
};

const undoOne = async (operation: RemoteOperation): Promise<{did: string; failed: string[]}> => {
  try {
    const {restored, failed} = await operation.undo();
    const did = restored.length > 0 ? restored.join('; ') : 'nothing had been changed';
    return {did, failed: failed.map(line => `${operation.host}: ${line}`)};
  } catch (error) {
    const line = `${operation.host}: nobody saw it put back (${(error as Error).message}); its agent undoes by itself when it notices`;
    return {did: 'unknown', failed: [line]};
  }
};
