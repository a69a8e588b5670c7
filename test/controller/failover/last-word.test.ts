import assert from 'node:assert/strict';
import {test} from 'node:test';
import type {Move, Party} from '../../../controller/failover/move.ts';
import type {Step} from '../../../controller/failover/plan.ts';
import {FailoverRun} from '../../../controller/failover/run.ts';
import {type PhaseAccount, runPlan} from '../../../controller/failover/run-plan.ts';
import {meanwhile} from '../../../controller/failover/steps/meanwhile.ts';
import {lastWordOf, verifyDemoted} from '../../../controller/failover/steps/verify.ts';
import {metalVip} from '../../../controller/vip/metal.ts';
import {GetStatusResponse, InstanceStatus} from '../../../proto/gen/mha_helper/v1/agent.ts';
import {hostConfig} from '../../suites/cloud-stage.ts';

const cidr = '10.0.0.50/24';
const config = hostConfig('db1');
const vip = metalVip({cidrs: [cidr], detectMs: 0, tombstoneMs: 0});

interface Said {
  readonly readOnly?: boolean;
  readonly holdsVip?: boolean;
  readonly applicationThreads?: number;
}

const statusOf = ({readOnly = true, holdsVip = false, applicationThreads = 0}: Said): GetStatusResponse =>
  GetStatusResponse.fromPartial({
    instances: [{port: config.port, reachable: true, readOnly, applicationThreads}],
    vips: [{cidr, present: holdsVip}],
  });

/** Runs the step in which clients are killed once more, and the judgement of what the old master says. */
const runBoth = async (
  answer: (question: number) => Promise<Said>,
  {demoteAgain = async () => ({did: ''})}: {readonly demoteAgain?: Step['run']} = {},
): Promise<PhaseAccount & {readonly questions: number}> => {
  let questions = 0;
  const agent = {
    getStatus: async () => {
      questions += 1;
      return statusOf(await answer(questions));
    },
  };
  const move = {vip, oldMaster: {config, agent} as unknown as Party} as Move;
  const run = new FailoverRun({
    ...{cluster: 'app1', epoch: 1, purpose: 'test', deadline: performance.now() + 60_000},
    ...{tell: () => {}, faultPoint: () => {}, record: () => {}, recorded: async () => {}},
  });
  const lastWord = lastWordOf(move);
  const steps = [
    meanwhile({name: 'demote again', hosts: ['db1'], run: demoteAgain}, lastWord.ask),
    verifyDemoted(move, lastWord),
  ];
  return {...(await runPlan({name: 'test', onFailure: 'undo', steps}, run, () => {})), questions};
};

const saidLast = ({steps}: PhaseAccount): string => steps.at(-1)?.did ?? '';

test('an old master that says it is writable, or has the VIP after its release, fails the stop', async () => {
  const writable = await runBoth(async () => ({readOnly: false}));
  assert.equal(writable.result, 'failed');
  assert.match(saidLast(writable), /db1 is not read-only/);
  const holder = await runBoth(async () => ({holdsVip: true}));
  assert.equal(holder.result, 'failed');
  assert.match(saidLast(holder), /db1 still holds 10\.0\.0\.50\/24/);
});

test('the old master is asked beside the step before, once; the threads are those that the step has left', async () => {
  let answerNow = (_: Said): void => {};
  const answered = new Promise<Said>(resolve => {
    answerNow = resolve;
  });
  const account = await runBoth(() => answered, {
    demoteAgain: async run => {
      const after = InstanceStatus.fromPartial({port: config.port, reachable: true, readOnly: true});
      answerNow({applicationThreads: 7}); // would never come if it had to be asked for first
      run.states.hear('db1:3306', {before: undefined, after, vips: []});
      return {did: ''};
    },
  });
  assert.deepEqual([account.result, account.questions], ['done', 1]);
  assert.equal(saidLast(account), 'read-only, no VIP, no application threads');
});

test('a question that got no answer beside the step is asked again, and its answer is judged', async () => {
  const account = await runBoth(async question => {
    if (question === 1) throw new Error('busy with killing');
    return {holdsVip: true};
  });
  assert.deepEqual([account.result, account.questions], ['failed', 2]);
  assert.match(saidLast(account), /still holds/);
});

test('an answer from the beginning of a long step is not judged: it says nothing of now', async t => {
  const now = performance.now.bind(performance);
  let passedMs = 0;
  t.mock.method(performance, 'now', () => now() + passedMs);
  const account = await runBoth(async question => ({readOnly: question === 1}), {
    demoteAgain: async () => {
      passedMs = 5000;
      return {did: ''};
    },
  });
  assert.deepEqual([account.result, account.questions], ['failed', 2]);
  assert.match(saidLast(account), /is not read-only/);
});
