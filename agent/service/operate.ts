import type {ServerDuplexStream} from '@grpc/grpc-js';
import type {Open, OperateRequest, OperateResponse, Result, Vip} from '../../proto/gen/mha_helper/v1/agent.ts';
import {readInstanceStatus} from '../mysql/read-status.ts';
import type {Detections} from '../network/detect-duplicate.ts';
import type {EarlyDetections} from '../network/early-detections.ts';
import type {Operation} from '../operation/operation.ts';
import type {Operations} from '../operation/operations.ts';
import {Refused} from '../refusal.ts';
import {requireAllowed} from './allowed.ts';
import {describeCaller} from './caller.ts';
import {toServiceError} from './errors.ts';
import {instructionsOf} from './instructions.ts';
import {type IntentMeans, toIntent} from './intents.ts';

export type OperateCall = ServerDuplexStream<OperateRequest, OperateResponse>;

export interface OperateMeans extends Omit<IntentMeans, 'detections'> {
  readonly operations: Operations;
  readonly earlyDetections: EarlyDetections;
}

/** One stream, one operation: whatever ends the stream without Commit ends in an undo. */
export const operate = (means: OperateMeans) => (call: OperateCall) => {
  serve(call, means).then(
    () => call.end(),
    error => call.emit('error', toServiceError(error)),
  );
};

const serve = async (call: OperateCall, means: OperateMeans): Promise<void> => {
  const instructions = instructionsOf(call);
  const first = await instructions.next();
  if (first.done) return;
  if (first.value?.$case !== 'open') throw new Refused('INVALID', 'the first instruction must be Open');
  // Listening takes as long as it takes: it goes on while the journal is flushed and mysqld tells its state.
  const detections = expect(first.value.value.expectedVips, means);
  const operation = await openOperation(call, first.value.value, means);
  call.once('cancelled', () => operation.cancel('the controller is gone'));
  let committed = false;
  try {
    send(call, {$case: 'result', value: await openResult(first.value.value, means)});
    committed = await runInstructions(call, operation, {instructions, means, detections});
  } finally {
    try {
      if (!committed) send(call, {$case: 'undone', value: await operation.undo('the stream ended without commit')});
    } finally {
      means.operations.close(operation); // whatever became of the undo, the instance must not stay BUSY
      if (committed) means.earlyDetections.forget(first.value.value.expectedVips);
      else means.earlyDetections.forgetAll();
    }
  }
};

interface Run {
  readonly instructions: AsyncIterator<OperateRequest['instruction']>;
  readonly means: OperateMeans;
  readonly detections: Detections;
}

/** Returns true when the operation was committed. */
const runInstructions = async (call: OperateCall, operation: Operation, run: Run): Promise<boolean> => {
  const means = {...run.means, detections: run.detections};
  const gone = aborted(operation.signal);
  for (;;) {
    const next = await Promise.race([run.instructions.next(), gone]);
    if (next.done) return false;
    const instruction = next.value;
    if (instruction === undefined || instruction.$case === 'open') throw new Refused('INVALID', 'not an intent');
    if (instruction.$case === 'commit') {
      await operation.commit();
      send(call, {$case: 'result', value: emptyResult()});
      return true;
    }
    const progress = (text: string) => send(call, {$case: 'progress', value: {text}});
    send(call, {$case: 'result', value: await operation.run(toIntent(instruction, means), progress)});
  }
};

const expect = (vips: readonly Vip[], {earlyDetections, allowedVips}: OperateMeans): Detections => {
  if (vips.length > 0) requireAllowed(vips, allowedVips);
  return earlyDetections.expect(vips);
};

const openOperation = (call: OperateCall, open: Open, {operations}: OperateMeans): Promise<Operation> => {
  if (open.operationId === '' || open.cluster === '' || open.deadlineMs === 0)
    throw new Refused('INVALID', 'Open needs cluster, operation_id and deadline_ms');
  const {cluster, epoch, port, purpose, deadlineMs, takesOver, keepsWhenLost} = open;
  return operations.open({
    id: open.operationId,
    cluster,
    epoch,
    port,
    purpose,
    deadlineMs,
    takesOver,
    keepsWhenLost,
    caller: describeCaller(call),
  });
};

const openResult = async (open: Open, {instances}: OperateMeans): Promise<Result> => {
  const instance = instances.get(open.port);
  if (instance === undefined) return emptyResult();
  return {
    ...emptyResult(),
    before: await readInstanceStatus(instance, {brief: true, signal: AbortSignal.timeout(statusMs)}),
  };
};

/** How long a mysqld may take to tell its state before it counts as unreachable. */
const statusMs = 1000;

const emptyResult = (): Result => ({
  changed: false,
  before: undefined,
  after: undefined,
  notes: [],
  failure: undefined,
  durationMs: 0,
  vips: [],
  demotionPending: false,
});

/** A stream whose peer is gone takes no more events; the operation's log has them all. */
const send = (call: OperateCall, event: OperateResponse['event']): void => {
  if (!call.cancelled && !call.destroyed) call.write({event});
};

const aborted = (signal: AbortSignal): Promise<never> =>
  new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason); // the deadline may have passed before anybody listened
    signal.addEventListener('abort', () => reject(signal.reason), {once: true});
  });
