import assert from 'node:assert/strict';
import {after, before, test} from 'node:test';
import {Metadata, type ServiceError, status} from '@grpc/grpc-js';
import {AgentRefused, AgentUnreachable, type UnreachableCause} from '../../../controller/agents/errors.ts';
import {leafFor} from '../../../controller/pki/issue.ts';
import {TestPki, type TestTlsFiles} from '../../fixtures/pki.ts';
import {getStatus, TestServer} from '../../fixtures/pki-server.ts';
import {servedAgent} from './served-agent.ts';

const {start, stop, stillServes} = servedAgent();
let pki: TestPki;
let server: TestServer;
let otherPki: TestPki;

before(async () => {
  ({pki, server} = await start());
  otherPki = await TestPki.create('db10');
});

after(async () => {
  await stop();
  await otherPki[Symbol.asyncDispose]();
});

/** Calls GetStatus and tells what the operator would read. */
const failureWith = async (files: TestTlsFiles, host = 'db10', port = server.port) => {
  const agent = await server.connect(host, files, port);
  try {
    await getStatus(agent);
    return assert.fail('the call succeeded');
  } catch (error) {
    if (error instanceof assert.AssertionError) throw error;
    return await agent.diagnose(error as ServiceError);
  } finally {
    agent.close();
  }
};

const unreachable = async (why: UnreachableCause, files: TestTlsFiles, host?: string): Promise<AgentUnreachable> => {
  const failure = await failureWith(files, host);
  assert.ok(failure instanceof AgentUnreachable, String(failure));
  assert.equal(failure.why, why, failure.message);
  assert.notEqual(failure.hint, '');
  await stillServes();
  return failure;
};

test('the controller calls', stillServes);

test('a controller of another authority is told that the agent is not of its own', async () => {
  const failure = await unreachable('wrong_ca', otherPki.controller);
  assert.match(failure.message, /was not issued by the authority in .*ca\.crt/);
});

test('a controller that trusts us but whose certificate is of another authority is refused and told why', async () => {
  const {ca, crl} = pki.controller;
  const failure = await unreachable('own_certificate', {...otherPki.controller, ca, crl});
  assert.match(failure.message, /our own certificate .* was not issued by the authority/);
});

test('an expired controller certificate is refused and named', async () => {
  const failure = await unreachable('own_certificate', await pki.expired({kind: 'controller'}));
  assert.match(failure.message, /our own certificate .* expired on/);
});

test('a certificate that is not valid yet is refused and named', async () => {
  const early = await pki.issue({
    ...leafFor({kind: 'controller'}, 1),
    validity: {days: 2, notBefore: new Date(Date.now() + 86_400_000)},
  });
  assert.match((await unreachable('own_certificate', early)).message, /is not valid before/);
});

test("an agent's certificate is no client's", async () => {
  const failure = await unreachable('own_certificate', pki.agent('db11'));
  assert.match(failure.message, /is an agent's certificate/);
  const line = server.logged('connection refused');
  assert.equal(line?.peer, '127.0.0.1');
});

test('an agent role calls nothing, even with a certificate good for clients', async () => {
  const files = await pki.issue({...leafFor({kind: 'agent', host: 'db11'}, 1), usage: 'client'});
  const failure = await failureWith(files);
  assert.ok(failure instanceof AgentRefused, String(failure));
  assert.equal(failure.reason, 'FORBIDDEN');
});

test('a certificate with two roles has none', async () => {
  const request = leafFor({kind: 'controller'}, 1);
  const second = leafFor({kind: 'operator', name: 'bob'}, 1);
  const failure = await failureWith(await pki.issue({...request, altNames: [...request.altNames, ...second.altNames]}));
  assert.ok(failure instanceof AgentRefused, String(failure));
  assert.match(failure.message, /more than one role/);
});

test('the certificate of another host is refused by name', async () => {
  const failure = await unreachable('wrong_host', pki.controller, 'db11');
  assert.match(failure.message, /expected agent\/db11, found agent\/db10/);
  assert.match(failure.hint, /agent_address of db11/);
});

test('an operator looks but does not operate, and the refusal is logged with role, rpc and peer', async () => {
  const agent = await server.connect('db10', pki.operator);
  try {
    await getStatus(agent);
    const stream = agent.client.operate();
    const error = await new Promise<ServiceError>((resolve, reject) => {
      stream.on('error', resolve);
      stream.on('data', reject);
      stream.on('end', () => reject(new Error('the stream ended well')));
      stream.write({
        instruction: {
          $case: 'open',
          value: {
            cluster: 'c',
            operationId: '1',
            epoch: 1,
            deadlineMs: 1_000,
            port: 3306,
            purpose: '',
            expectedVips: [],
            takesOver: '',
          },
        },
      });
    });
    assert.equal(error.code, status.PERMISSION_DENIED);
    const refused = await agent.diagnose(error);
    assert.ok(refused instanceof AgentRefused, String(refused));
    assert.equal(refused.reason, 'FORBIDDEN');
    assert.match(refused.message, /operator\/alice may not call mha_helper\.v1\.Agent\/Operate/);
    const undo = await new Promise<ServiceError | null>(resolve =>
      agent.client.undo({cluster: 'c', operationId: '1', epoch: 1, deadlineMs: 1}, new Metadata(), resolve),
    );
    assert.equal(undo?.code, status.PERMISSION_DENIED);
  } finally {
    agent.close();
  }
  assert.equal(server.operations.opened, 0);
  const line = server.lines.find(({rpc, role}) => role === 'operator/alice' && String(rpc).endsWith('/Operate'));
  assert.equal(line?.level, 'warn');
  assert.match(String(line?.peer), /^127\.0\.0\.1:\d+$/);
});

test('an agent whose own certificate has expired is named as such', async () => {
  const expired = await TestServer.start('db10', await pki.expired({kind: 'agent', host: 'db10'}));
  try {
    const failure = await failureWith(pki.controller, 'db10', expired.port);
    assert.ok(failure instanceof AgentUnreachable, String(failure));
    assert.equal(failure.why, 'agent_certificate');
    assert.match(failure.message, /certificate of the agent at 127\.0\.0\.1:\d+ has expired/);
    assert.ok(expired.lines.some(({message}) => String(message).includes('has expired')));
  } finally {
    await expired[Symbol.asyncDispose]();
  }
});
