import assert from 'node:assert/strict';
import {test} from 'node:test';
import type {handleUnaryCall} from '@grpc/grpc-js';
import {type IntentMeans, toIntent} from '../../../agent/service/intents.ts';
import {agentService, type ServiceMeans} from '../../../agent/service/service.ts';
import type {GetStatusRequest, GetStatusResponse, Vip} from '../../../proto/gen/mha_helper/v1/agent.ts';
import {aVip} from '../../fixtures/netns-context.ts';

test('who asks for the status may say which addresses follow: those of the own list are listened for at once', async () => {
  const [listed, foreign] = [aVip(), aVip({cidr: '10.77.0.99/24'})];
  const expected: (readonly Vip[])[] = [];
  const means = {
    config: {host: 'db1', vips: []},
    instances: new Map(),
    operations: {statuses: () => []},
    journal: {epochs: () => ({})},
    warnings: () => [],
    readOnlySinceBoot: () => [],
    certificateNotAfterMs: () => 0,
    allowedVips: [{cidr: listed.cidr, interface: listed.interface}],
    earlyDetections: {expect: (vips: readonly Vip[]) => expected.push(vips)},
  };
  const {getStatus} = agentService(means as unknown as ServiceMeans);
  const request = {
    ports: [],
    cidrs: [],
    brief: true,
    expectedVips: [listed, foreign],
    holderMacs: ['02:00:00:00:00:01'],
  };
  assert.equal((await ask(getStatus, request, 'controller')).host, 'db1');
  assert.equal((await ask(getStatus, request, 'operator/eve')).host, 'db1');
  assert.deepEqual(expected, [[{...listed, holderMacs: request.holderMacs}], []], 'an operator may only look');
});

test('a demotion closes only addresses of the own list', async () => {
  const [listed, foreign] = [aVip(), aVip({cidr: '10.77.0.99/24'})];
  const value = {
    ...{superReadOnly: true, graceMs: 0, deadlineMs: 0, excludeUsers: []},
    ...{pendingOnFailure: false, settlesLater: true, closes: [listed, foreign]},
  };
  const means = {allowedVips: [{cidr: listed.cidr, interface: listed.interface}]};
  const intent = toIntent({$case: 'demote', value}, means as unknown as IntentMeans);
  await assert.rejects(intent.run({} as never), {reason: 'NOT_ALLOWED', message: /10\.77\.0\.99/});
});

const ask = (
  getStatus: handleUnaryCall<GetStatusRequest, GetStatusResponse>,
  request: GetStatusRequest,
  role: string,
): Promise<GetStatusResponse> =>
  new Promise((resolve, reject) => {
    const sslPeerCertificate = {subjectaltname: `URI:mha-helper://${role}`};
    const call = {request, getAuthContext: () => ({sslPeerCertificate})} as unknown as Parameters<typeof getStatus>[0];
    getStatus(call, (error, response) =>
      response ? resolve(response) : reject(new Error('no answer', {cause: error})),
    );
  });
