import assert from 'node:assert/strict';
import {test} from 'node:test';
import type {Party} from '../../../controller/failover/move.ts';
import {acquireFindings, type Placement, releaseFindings} from '../../../controller/failover/placement.ts';
import {selectVip} from '../../../controller/vip/select.ts';
import {factsOf, type HostSays, vip} from '../command/status/cluster-builder.ts';

/** db1 is the master; the VIP is nowhere unless told otherwise. */
const placementOn = (
  host: string,
  says: Readonly<Record<string, HostSays>> = {},
  macs: readonly string[] = [],
): Placement => {
  const {cluster, survey} = factsOf({...says, db1: {holdsVip: false, ...says.db1}});
  // Findings are a pure function of the survey: nobody's agent is asked.
  const parties = cluster.hosts.map(config => ({config}) as Party);
  const party = parties.find(({config}) => config.name === host);
  if (party === undefined) throw new Error(`no ${host}`);
  const answering = {...survey, answeringMacs: new Map([[vip, macs]])};
  return {cluster, host: party, parties, vip: selectVip(cluster.vip), survey: answering};
};

const holder = {holdsVip: true, vip: {mac: '02:00:00:00:00:03'}} as const;

const refusals: readonly {name: string; placement: Placement; says: readonly RegExp[]}[] = [
  {name: 'the writable master may have it', placement: placementOn('db1'), says: []},
  {name: 'a replica may not', placement: placementOn('db2'), says: [/^db2 is read-only/]},
  {
    name: 'a writable replica may not, either, and the master beside it is named',
    placement: placementOn('db2', {db2: {instance: {readOnly: false}}}),
    says: [/^db2 is a replica of db1/, /^db1 is writable, too/],
  },
  {
    name: 'not while another host is writable',
    placement: placementOn('db1', {db3: {independent: true, instance: {readOnly: false}}}),
    says: [/^db3 is writable, too/],
  },
  {
    name: 'not while another host holds it, which is told once although it answers on the link',
    placement: placementOn('db1', {db3: holder}, ['02:00:00:00:00:03']),
    says: [/^db3 holds 10\.0\.0\.50\/24: .*mha-helper vip release cluster1 db3$/],
  },
  {
    name: 'not while a stranger answers for it',
    placement: placementOn('db1', {}, ['02:00:00:00:00:99']),
    says: [/^another machine \(02:00:00:00:00:99\) answers for 10\.0\.0\.50\/24/],
  },
  {
    name: 'not without an answer from its agent',
    placement: placementOn('db1', {db1: {error: new Error('agent on db1: no answer')}}),
    says: [/^agent on db1: no answer$/],
  },
  {
    name: 'not without an mysqld',
    placement: placementOn('db1', {db1: {instance: {reachable: false, error: 'refused'}}}),
    says: [/^mysqld on db1 does not answer: refused$/],
  },
];

for (const {name, placement, says} of refusals) {
  test(`vip acquire: ${name}`, () => {
    const {problems} = acquireFindings(placement);
    assert.equal(problems.length, says.length, JSON.stringify(problems));
    for (const [index, wanted] of says.entries()) assert.match(problems[index] ?? '', wanted);
  });
}

test('vip acquire: a host that cannot be asked is told and does not refuse', () => {
  const {problems, notes} = acquireFindings(placementOn('db1', {db3: {error: new Error('agent on db3: no answer')}}));
  assert.deepEqual(problems, []);
  assert.deepEqual(notes, ['not asked whether it is writable or holds the VIP: agent on db3: no answer']);
});

test('vip release: a second holder or a replica is no reason against it, the loss of another address is', () => {
  assert.deepEqual(releaseFindings(placementOn('db3', {db1: {holdsVip: true}, db3: holder})).problems, []);
  const {problems} = releaseFindings(placementOn('db3', {db3: {...holder, vip: {wouldLose: ['10.0.0.3/24']}}}));
  assert.match(problems.join(), /^removing 10\.0\.0\.50\/24 from db3 would remove 10\.0\.0\.3\/24 too/);
});

test('vip release: who is connected is told', () => {
  const says = {db1: {holdsVip: true, instance: {applicationThreads: 7}}};
  assert.deepEqual(releaseFindings(placementOn('db1', says)).notes, [
    '7 application threads on db1 may lose their address',
  ]);
});
