import type {handleUnaryCall} from '@grpc/grpc-js';
import type {AgentServer, GetStatusResponse} from '../../proto/gen/mha_helper/v1/agent.ts';
import {isAllowed} from './allowed.ts';
import {type Call, callerOf} from './caller.ts';
import {toServiceError} from './errors.ts';
import {type OperateMeans, operate} from './operate.ts';
import {probe} from './probe.ts';
import {SharedReadings} from './shared-readings.ts';
import {getStatus, type StatusMeans} from './status.ts';

export type ServiceMeans = OperateMeans & StatusMeans;

/** The agent's rpcs, one line each; who may call which is decided before, in the server. */
export const agentService = (means: ServiceMeans): AgentServer => {
  const statuses = new SharedReadings<GetStatusResponse>();
  return {
    operate: operate(means),
    undo: unary(async ({operationId: id, cluster, epoch}) => {
      means.earlyDetections.forgetAll();
      return {undone: await means.operations.undoCommitted({id, cluster, epoch})};
    }),
    getStatus: unary(({expectedVips, holderMacs, ...facts}, call) => {
      // An acquisition believes what was heard, so those who may only look cannot say what to listen for.
      const mayExpect = callerOf(call).kind === 'controller';
      const expected = mayExpect ? expectedVips.filter(vip => isAllowed(vip, means.allowedVips)) : [];
      means.earlyDetections.expect(expected.map(vip => ({...vip, holderMacs})));
      return statuses.read(JSON.stringify(facts), () => getStatus(facts, means));
    }),
    probe: unary(request => probe(request, means)),
  };
};

const unary =
  <Request, Response>(
    answer: (request: Request, call: Call) => Promise<Response>,
  ): handleUnaryCall<Request, Response> =>
  (call, callback) => {
    answer(call.request, call).then(
      response => callback(null, response),
      error => callback(toServiceError(error)),
    );
  };
