import assert from 'node:assert/strict';
import {test} from 'node:test';
import {AgentUnreachable} from '../../../../controller/agents/errors.ts';
import {judgeCluster} from '../../../../controller/command/status/judge-cluster.ts';
import type {Level} from '../../../../controller/command/status/problem.ts';
import {OperationStatus} from '../../../../proto/gen/mha_helper/v1/agent.ts';
import {factsOf, type HostSays, inDays, nowMs} from './cluster-builder.ts';

const down = (host: string): HostSays => ({
  error: new AgentUnreachable(host, {message: 'nobody listens on 10.0.0.9:7306', why: 'refused', hint: 'start it'}),
});

const operation = (state: string): OperationStatus =>
  OperationStatus.fromPartial({
    operationId: 'op-7',
    cluster: 'cluster1',
    port: 3306,
    purpose: 'online stop',
    state,
    changes: ['read_only was OFF'],
    caller: 'controller',
    openedMs: nowMs - 5000,
  });

interface Scenario {
  readonly name: string;
  readonly says: Readonly<Record<string, HostSays>>;
  readonly level: Level;
  /** Every problem's message, worst first. */
  readonly problems: readonly (string | RegExp)[];
}

const scenarios: readonly Scenario[] = [
  {name: 'a master with the VIP and two replicas is healthy', says: {}, level: 'healthy', problems: []},
  {
    name: 'an event scheduler that is off is no problem',
    says: {db1: {instance: {eventScheduler: 'OFF'}}},
    level: 'healthy',
    problems: [],
  },
  {
    name: 'no writable master is critical',
    says: {db1: {instance: {readOnly: true}}},
    level: 'critical',
    problems: ['no writable master: db1, db2, db3 are read-only'],
  },
  {
    name: 'a master that its agent has brought up read-only after a boot is told as such',
    says: {db1: {instance: {readOnly: true}, status: {readOnlySinceBoot: [3306]}}},
    level: 'critical',
    problems: [/^no writable master: db1 is read-only since it booted, .*\(boot_policy\)$/],
  },
  {
    name: 'a replica that came up read-only after a boot says nothing of the master',
    says: {db1: {instance: {readOnly: true}}, db2: {status: {readOnlySinceBoot: [3306]}}},
    level: 'critical',
    problems: ['no writable master: db1, db2, db3 are read-only'],
  },
  {
    name: 'a master whose agent is down is critical: nobody knows whether writes go anywhere',
    says: {db1: down('db1')},
    level: 'critical',
    problems: [
      /^no writable master; agent on db1: nobody listens/,
      /^the VIP 10.0.0.50\/24 is on no host that answers; db1 may have it$/,
      /^agent on db1: nobody listens/,
    ],
  },
  {
    name: 'a master whose mysqld is down is critical',
    says: {db1: {instance: {reachable: false, error: 'connection refused'}}},
    level: 'critical',
    problems: [
      'no writable master; mysqld on db1 does not answer: connection refused',
      'mysqld on db1 does not answer: connection refused',
    ],
  },
  {
    name: 'all agents silent is told once as such',
    says: {db1: down('db1'), db2: down('db2'), db3: down('db3')},
    level: 'critical',
    problems: [/^no agent answers: agent on db1: nobody/, /^agent on db2/, /^agent on db3/],
  },
  {
    name: 'a replica whose agent is down is degraded',
    says: {db3: down('db3')},
    level: 'degraded',
    problems: ['agent on db3: nobody listens on 10.0.0.9:7306'],
  },
  {
    name: 'an instance that its agent does not know is degraded',
    says: {db3: {status: {instances: []}}},
    level: 'degraded',
    problems: ['the agent on db3 does not know port 3306'],
  },
  {
    name: 'two writable masters are critical',
    says: {db3: {independent: true, instance: {readOnly: false}}},
    level: 'critical',
    problems: ['2 writable masters: db1, db3'],
  },
  {
    name: 'a writable host whose replication is stopped is a second master',
    says: {db3: {instance: {readOnly: false}, replication: {ioRunning: false, sqlRunning: false}}},
    level: 'critical',
    problems: ['2 writable masters: db1, db3'],
  },
  {
    name: 'two masters that replicate from each other and both take writes are critical',
    says: {db1: {replication: {sourceHost: 'db2'}}, db2: {instance: {readOnly: false}}},
    level: 'critical',
    problems: ['2 writable masters: db1, db2'],
  },
  {
    name: 'two masters that replicate from each other, one of them read-only, are healthy',
    says: {db1: {replication: {sourceHost: 'db2'}}},
    level: 'healthy',
    problems: [],
  },
  {
    name: 'a writable replica is degraded',
    says: {db2: {instance: {readOnly: false}}},
    level: 'degraded',
    problems: ['replica db2 is writable'],
  },
  {
    name: 'a writable replica of a read-only master does not pass for a master',
    says: {db1: {instance: {readOnly: true}}, db2: {instance: {readOnly: false}}},
    level: 'critical',
    problems: ['no writable master: db1, db3 are read-only', 'replica db2 is writable'],
  },
  {
    name: 'the VIP nowhere is critical',
    says: {db1: {holdsVip: false}},
    level: 'critical',
    problems: ['the VIP 10.0.0.50/24 is on no host'],
  },
  {
    name: 'the VIP on two hosts is critical',
    says: {db3: {holdsVip: true}},
    level: 'critical',
    problems: ['the VIP 10.0.0.50/24 is on 2 hosts: db1 and db3'],
  },
  {
    name: 'the VIP on a replica is critical',
    says: {db1: {holdsVip: false}, db2: {holdsVip: true}},
    level: 'critical',
    problems: ['the VIP 10.0.0.50/24 is on db2, but db1 is the master'],
  },
  {
    name: 'the VIP with another prefix length is degraded',
    says: {db1: {vip: {prefixLength: 32}}},
    level: 'degraded',
    problems: ['the VIP is configured as 10.0.0.50/24 on eth0, but was found as 10.0.0.50/32 on eth0'],
  },
  {
    name: 'broken replication is degraded and says why',
    says: {db3: {replication: {sqlRunning: false, lastError: 'Duplicate entry 7'}}},
    level: 'degraded',
    problems: ['replication is broken on db3: Duplicate entry 7'],
  },
  {
    name: 'stopped replication is broken, too',
    says: {db3: {replication: {ioRunning: false, sqlRunning: false}}},
    level: 'degraded',
    problems: ['replication is broken on db3: IO thread and SQL thread not running'],
  },
  {
    name: 'a host beside the replication is degraded',
    says: {db3: {independent: true}},
    level: 'degraded',
    problems: ['db3 is no replica'],
  },
  {
    name: 'a replica of a replica is degraded',
    says: {db3: {replication: {sourceHost: 'DB2'}}},
    level: 'degraded',
    problems: ['db3 replicates from db2, not from the master db1'],
  },
  {
    name: 'a source under an unknown name is nobody to judge',
    says: {db3: {replication: {sourceHost: '192.0.2.1'}}},
    level: 'healthy',
    problems: [],
  },
  {
    name: 'a lag of 30 seconds is in order',
    says: {db2: {replication: {lagSeconds: 30}}},
    level: 'healthy',
    problems: [],
  },
  {
    name: 'a longer lag is degraded',
    says: {db2: {replication: {lagSeconds: 31}}},
    level: 'degraded',
    problems: ['db2 is 31 s behind its source'],
  },
  {
    name: 'an undo that is pending is degraded and says of what',
    says: {db1: {status: {operations: [operation('UNDO_PENDING')]}}},
    level: 'degraded',
    problems: ['db1 has not yet put back what online stop op-7 changed: read_only was OFF'],
  },
  {
    name: 'a demotion that waits for its mysqld is degraded',
    says: {db1: {status: {operations: [{...operation('COMMITTED'), demotionPending: true}]}}},
    level: 'degraded',
    problems: ['db1 is to be read-only since online stop op-7, as soon as mysqld answers'],
  },
  {
    name: 'an operation under way is degraded',
    says: {db1: {status: {operations: [operation('OPEN')]}}},
    level: 'degraded',
    problems: ['online stop is under way on db1, begun 5 s ago by controller'],
  },
  {
    name: 'a committed operation is history',
    says: {db1: {status: {operations: [operation('COMMITTED')]}}},
    level: 'healthy',
    problems: [],
  },
  {
    name: 'a warning of an agent is degraded',
    says: {db2: {status: {warnings: ['arping is missing']}}},
    level: 'degraded',
    problems: ['the agent on db2 warns: arping is missing'],
  },
  {
    name: 'a certificate that ends in 29 days is degraded',
    says: {db2: {status: {certificateNotAfterMs: inDays(29)}}},
    level: 'degraded',
    problems: ['the certificate of the agent on db2 ends in 29 days'],
  },
  {
    name: 'a certificate with 30 days is in order',
    says: {db2: {status: {certificateNotAfterMs: inDays(30)}}},
    level: 'healthy',
    problems: [],
  },
  {
    name: 'missing privileges are degraded',
    says: {db2: {instance: {missingGrants: ['GRANT PROCESS ON *.* TO x;']}}},
    level: 'degraded',
    problems: ["the agent's account on db2 lacks privileges"],
  },
  {
    name: 'the worst comes first',
    says: {db1: {holdsVip: false}, db2: {replication: {ioRunning: false}}},
    level: 'critical',
    problems: ['the VIP 10.0.0.50/24 is on no host', 'replication is broken on db2: IO thread not running'],
  },
];

for (const {name, says, level, problems} of scenarios) {
  test(name, () => {
    const judgement = judgeCluster(factsOf(says));
    const messages = judgement.problems.map(({message}) => message);
    assert.equal(messages.length, problems.length, JSON.stringify(messages));
    for (const [index, wanted] of problems.entries()) {
      const message = messages[index] ?? '';
      if (wanted instanceof RegExp) assert.match(message, wanted);
      else assert.equal(message, wanted);
    }
    assert.equal(judgement.level, level);
  });
}

test('without a VIP nobody looks for one', () => {
  const {level} = judgeCluster(factsOf({db1: {holdsVip: false}}, 'none'));
  assert.equal(level, 'healthy');
});

test('our own certificate counts, too', () => {
  const ownCertificate = {file: '/etc/mha-helper/pki/controller.crt', notAfterMs: inDays(3)};
  const {level, problems} = judgeCluster({...factsOf(), ownCertificate});
  assert.equal(level, 'degraded');
  assert.equal(problems[0]?.message, 'our own certificate /etc/mha-helper/pki/controller.crt ends in 3 days');
});

test('what our certificate rests on counts as well', () => {
  const trustEnds = [{message: 'the certificate authority in ca.crt ends in 3 days', hint: ''}];
  const {level, problems} = judgeCluster({...factsOf(), trustEnds});
  assert.equal(level, 'degraded');
  assert.deepEqual(
    problems.map(({message}) => message),
    ['the certificate authority in ca.crt ends in 3 days'],
  );
});

test('roles are told for people: a demoted master still has replicas', () => {
  const rolesWith = (says: Readonly<Record<string, HostSays>>) =>
    judgeCluster(factsOf(says)).hosts.map(({role}) => role);
  assert.deepEqual(rolesWith({}), ['master', 'replica', 'replica']);
  assert.deepEqual(rolesWith({db1: {instance: {readOnly: true}}}), ['master', 'replica', 'replica']);
  assert.deepEqual(rolesWith({db1: down('db1')}), ['unknown', 'replica', 'replica']);
});
