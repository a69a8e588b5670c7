import assert from 'node:assert/strict';
import {test} from 'node:test';
import {reasonsNotToHeal} from '../../../controller/failover/heal.ts';
import type {Move, Party} from '../../../controller/failover/move.ts';
import {startProblems} from '../../../controller/failover/preflight-start.ts';
import {stopFindings} from '../../../controller/failover/preflight-stop.ts';
import type {FailoverRecord} from '../../../controller/record/record-file.ts';
import {selectVip} from '../../../controller/vip/select.ts';
import {factsOf, type HostSays, vip} from '../command/status/cluster-builder.ts';

type Says = Readonly<Record<string, HostSays>>;

/** db1 -> db2, all in order but for what is told; db1 has server id 1, and its replicas follow that. */
const moveOf = (says: Says = {}, macs: readonly string[] = []): Move => {
  const follows = {sourceServerId: 1};
  const {cluster, survey} = factsOf({
    ...says,
    db1: {vip: {mac: 'aa:aa'}, ...says.db1, instance: {serverId: 1, ...says.db1?.instance}},
    db2: {replication: follows, ...says.db2, instance: {serverId: 2, ...says.db2?.instance}},
    db3: {replication: follows, ...says.db3, instance: {serverId: 3, ...says.db3?.instance}},
  });
  const partyOf = (name: string) => ({config: cluster.hosts.find(host => host.name === name)}) as Party;
  const answering = {...survey, answeringMacs: new Map([[vip, macs]])};
  return {
    cluster,
    oldMaster: partyOf('db1'),
    newMaster: partyOf('db2'),
    vip: selectVip(cluster.vip),
    survey: answering,
  };
};

const silent = {error: new Error('agent on db1: no answer')};
const dead = {instance: {reachable: false, error: 'refused'}};

const table = (
  title: string,
  judge: (move: Move) => readonly string[],
  rows: readonly [string, Move, ...RegExp[]][],
) => {
  for (const [name, move, ...expected] of rows) {
    test(`${title}: ${name}`, () => {
      const found = judge(move);
      assert.equal(found.length, expected.length, found.join('\n'));
      for (const [index, pattern] of expected.entries()) assert.match(found[index] ?? '', pattern);
    });
  }
};

table('online stop is refused', move => stopFindings(move).problems, [
  ['not when all is in order', moveOf({}, ['AA:AA'])],
  [
    'not because the old master is read-only or the VIP nowhere: a second run must work',
    moveOf({db1: {holdsVip: false, instance: {readOnly: true}}}),
  ],
  ['not because an onlooker is away', moveOf({db3: silent})],
  ['when an agent is away', moveOf({db1: silent}), /^agent on db1: no answer$/],
  ['when mysqld of the new master is dead', moveOf({db2: dead}), /^mysqld on db2 does not answer: refused$/],
  [
    'when the new master is writable',
    moveOf({db2: {replication: {sourceServerId: 1}, instance: {readOnly: false}}}),
    /^db2 is writable/,
  ],
  ['when the new master follows nobody', moveOf({db2: {independent: true}}), /^db2 is not a replica of db1/],
  [
    'when it follows somebody else',
    moveOf({db2: {replication: {sourceServerId: 9, sourceHost: 'db9'}}}),
    /^db2 replicates from db9:3306, not from db1/,
  ],
  [
    'when replication is broken',
    moveOf({db2: {replication: {sourceServerId: 1, sqlRunning: false, lastError: 'row not found'}}}),
    /^replication is broken on db2 \(IO running, SQL stopped\): row not found/,
  ],
  ['with prepared XA transactions', moveOf({db1: {instance: {preparedXa: 2}}}), /^db1 has 2 prepared XA/],
  [
    'with a long writer, who is named',
    moveOf({db1: {instance: {longWriters: [{threadId: 7, user: 'app', host: 'web1', seconds: 99}]}}}),
    /thread 7 \(app@web1, 99 s\)/,
  ],
  [
    'when a privilege is missing, with the statement',
    moveOf({db1: {instance: {missingGrants: ["GRANT PROCESS ON *.* TO 'm'@'localhost';"]}}}),
    /GRANT PROCESS ON/,
  ],
  [
    'when removing the VIP would take another address along',
    moveOf({db1: {vip: {mac: 'aa:aa', wouldLose: ['10.0.0.1/24']}}}),
    /would remove 10\.0\.0\.1\/24 too/,
  ],
  ['when another host holds the VIP', moveOf({db3: {replication: {sourceServerId: 1}, holdsVip: true}}), /^db3 holds/],
  ['when a stranger answers for the VIP', moveOf({}, ['bb:bb']), /^another machine \(bb:bb\) answers/],
]);

const stopped = {db1: {holdsVip: false, instance: {readOnly: true}}} as const;
const record = {startEventScheduler: false, recorded: {fencing: 'released', because: 'it was seen'}} as const;
const noRecord = {startEventScheduler: false, recorded: undefined};

table('online start is refused', move => startProblems(move, noRecord).problems, [
  ['not when the old master is demoted and without VIP', moveOf(stopped)],
  ['while the old master is writable', moveOf({db1: {holdsVip: false}}), /^db1 is still writable/],
  ['while the old master holds the VIP', moveOf({db1: {instance: {readOnly: true}}}), /^db1 still holds/],
  ['when nobody can say it and there is no record', moveOf({db1: silent}), /^nobody can say that db1 is read-only/],
  ['when the new master is dead', moveOf({...stopped, db2: dead}), /^mysqld on db2 does not answer/],
]);

table("online start with this failover's record is refused", move => startProblems(move, record).problems, [
  ['not when the old master has become unreachable since', moveOf({db1: silent})],
  ['all the same while the old master is seen writable', moveOf({db1: {holdsVip: false}}), /^db1 is still writable/],
]);

const head = {
  id: 'cluster1-5',
  cluster: 'cluster1',
  epoch: 5,
  kind: 'online',
  oldMaster: 'db1:3306',
  newMaster: 'db2:3306',
} as const;
const abandoned = {head: {...head, startedMs: 0, version: ''}, entries: [], path: ''} as unknown as FailoverRecord;
const promoted = {
  operationId: 'x',
  cluster: 'cluster1',
  port: 3306,
  epoch: 5,
  purpose: 'online start',
  state: 'UNDONE',
  changes: ['read_only'],
  caller: '',
  openedMs: 0,
  demotionPending: false,
};

table('the guard leaves alone', move => reasonsNotToHeal(move, abandoned), [
  ['nothing when the new master was never writable', moveOf(stopped)],
  ['nothing when the mysqld of the new master has died since', moveOf({...stopped, db2: dead})],
  [
    'a writable new master',
    moveOf({...stopped, db2: {replication: {sourceServerId: 1}, instance: {readOnly: false}}}),
    /^db2 is writable/,
  ],
  [
    'a new master that follows somebody else',
    moveOf({...stopped, db2: {independent: true}}),
    /^db2 is not a replica of db1 any more/,
  ],
  [
    'a new master that was promoted for a moment',
    moveOf({...stopped, db2: {replication: {sourceServerId: 1}, status: {operations: [promoted]}}}),
    /^db2 was writable for a moment/,
  ],
  [
    'a dead new master that was promoted before',
    moveOf({...stopped, db2: {...dead, status: {operations: [promoted]}}}),
    /^db2 was writable for a moment/,
  ],
  [
    'a cluster in which a newer failover has been',
    moveOf({...stopped, db3: {replication: {sourceServerId: 1}, status: {epochs: {cluster1: 6}}}}),
    /^a newer failover has been on db3/,
  ],
  [
    'a VIP that is elsewhere',
    moveOf({...stopped, db3: {replication: {sourceServerId: 1}, holdsVip: true}}),
    /^db3 holds/,
  ],
  ['an old master that does not answer', moveOf({db1: dead}), /^mysqld on db1 does not answer/],
  ['what no agent tells', moveOf({db1: silent}), /^agent on db1: no answer/],
]);
