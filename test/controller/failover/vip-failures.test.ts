import assert from 'node:assert/strict';
import {test} from 'node:test';
import {AgentRefused, noAnswer} from '../../../controller/agents/errors.ts';
import type {Party} from '../../../controller/failover/move.ts';
import type {Step} from '../../../controller/failover/plan.ts';
import {FailoverRun} from '../../../controller/failover/run.ts';
import {runPlan} from '../../../controller/failover/run-plan.ts';
import {sayStep} from '../../../controller/failover/say.ts';
import {acquireVip} from '../../../controller/failover/steps/acquire-vip.ts';
import {releaseVip} from '../../../controller/failover/steps/release-vip.ts';
import {releaseOrRevoke, revokeVip} from '../../../controller/failover/steps/revoke-vip.ts';
import {CloudFailed, type VipCloud} from '../../../controller/vip/cloud.ts';
import {metalVip} from '../../../controller/vip/metal.ts';
import type {VipProvider} from '../../../controller/vip/provider.ts';
import {hostConfig} from '../../suites/cloud-stage.ts';

const cidr = '10.0.0.50/24';
const party = {config: hostConfig('db2')} as Party; // no agent is asked: the provider fails before
const inUse = new AgentRefused('db2', {
  reason: 'VIP_IN_USE',
  message: `${cidr} was not added: the machine with MAC 02:00:00:00:00:99 answers for it`,
  hint: 'find that machine and take the address off it',
});
const denied = new CloudFailed('aws private_ip: db2: AssignPrivateIpAddresses: UnauthorizedOperation: not allowed', {
  hint: 'allow ec2:AssignPrivateIpAddresses in the IAM policy of the manager',
  isWorthAnotherTry: false,
});

const failing = (error: Error, cloud?: VipCloud): VipProvider => {
  const fail = (): Promise<never> => Promise.reject(error);
  return {...metalVip({cidrs: [cidr], detectMs: 0, tombstoneMs: 0}), cloud, acquire: fail, release: fail};
};
const deniedCloud: VipCloud = {
  name: 'aws private_ip',
  findHolders: () => Promise.reject(denied),
  grant: () => Promise.reject(denied),
  revoke: () => Promise.reject(denied),
  check: async () => [],
};

/** All that a person reads of one failing step. */
const linesOf = async (step: Step): Promise<readonly string[]> => {
  const run = new FailoverRun({
    cluster: 'app1',
    epoch: 1,
    purpose: 'test',
    deadline: performance.now() + 1000, // too little for another try
    tell: () => {},
    faultPoint: () => {},
    record: () => {},
    recorded: async () => {},
  });
  const {steps} = await runPlan({name: 'test', onFailure: 'keep', steps: [step]}, run, () => {});
  return steps.flatMap(sayStep);
};

const scenarios: readonly {name: string; step: Step; provider: RegExp; error: RegExp; next: RegExp}[] = [
  {
    name: 'a machine that has the address already',
    step: acquireVip(failing(inUse), party),
    provider: /metal 10\.0\.0\.50\/24 on db2/,
    error: /MAC 02:00:00:00:00:99 answers for it/,
    next: /\(next: find that machine and take the address off it\)$/,
  },
  {
    name: 'an agent that does not answer',
    step: releaseVip(failing(noAnswer('db2')), party),
    provider: /metal 10\.0\.0\.50\/24 on db2/,
    error: /agent on db2: did not answer in time/,
    next: /\(next: is the host up, .*systemctl status mha-helper-agent\)$/,
  },
  {
    name: 'an API that refuses to give it',
    step: acquireVip(failing(denied, deniedCloud), party),
    provider: /aws private_ip 10\.0\.0\.50\/24 on db2/,
    error: /UnauthorizedOperation: not allowed/,
    next: /\(next: allow ec2:AssignPrivateIpAddresses in the IAM policy of the manager\)$/,
  },
  {
    name: 'an API that refuses to take it from a dead host',
    step: revokeVip(failing(denied, deniedCloud), deniedCloud, party),
    provider: /aws private_ip 10\.0\.0\.50\/24 on db2/,
    error: /UnauthorizedOperation: not allowed/,
    next: /\(next: allow ec2:/,
  },
  {
    name: 'neither the agent nor the API',
    step: releaseOrRevoke(failing(noAnswer('db2'), deniedCloud), party),
    provider: /aws private_ip 10\.0\.0\.50\/24 on db2/,
    error: /agent on db2: did not answer in time, and aws private_ip: .*UnauthorizedOperation/,
    next: /\(next: allow ec2:/,
  },
  {
    name: 'an error of several lines and parts',
    step: acquireVip(failing(new Error('ip addr add failed:\n  RTNETLINK answers: no; try again')), party),
    provider: /metal 10\.0\.0\.50\/24 on db2/,
    error: /ip addr add failed: RTNETLINK answers: no, try again$/,
    next: /$/,
  },
];

for (const {name, step, provider, error, next} of scenarios)
  test(`one line says all about ${name}`, async () => {
    const lines = await linesOf(step);
    assert.equal(lines.length, 1, lines.join('\n'));
    const [line = ''] = lines;
    assert.match(line, /^ {2}FAIL (acquire|release|revoke) VIP +db2 /);
    for (const pattern of [provider, error, next]) assert.match(line, pattern);
  });
