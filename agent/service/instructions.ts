import type {OperateRequest} from '../../proto/gen/mha_helper/v1/agent.ts';
import {Refused} from '../refusal.ts';
import type {OperateCall} from './operate.ts';

/** More instructions than this waiting unanswered means the caller does not wait for results, as the contract asks. */
const maxWaiting = 4;

/** The stream's instructions one after another. Ends at half-close and when the stream is cancelled. */
export async function* instructionsOf(call: OperateCall): AsyncGenerator<OperateRequest['instruction'], undefined> {
  const waiting: OperateRequest['instruction'][] = [];
  let ended = false;
  let wake = () => {};
  call.on('data', (request: OperateRequest) => {
    waiting.push(request.instruction);
    wake();
  });
  for (const event of ['end', 'cancelled', 'error'] as const) {
    call.on(event, () => {
      ended = true;
      wake();
    });
  }
  for (;;) {
    if (waiting.length > maxWaiting) throw new Refused('INVALID', 'instructions come faster than their results');
    const next = waiting.shift();
    if (next !== undefined) yield next;
    else if (ended) return undefined;
    else
      await new Promise<void>(resolve => {
        wake = resolve;
      });
  }
}
