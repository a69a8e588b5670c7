import assert from 'node:assert/strict';
import {after, before, test} from 'node:test';
import {getStatus, type StatusMeans} from '../../../agent/service/status.ts';
import {createLan, type Lan, type LanHost} from '../../fixtures/netns.ts';

let lan: Lan;
let db1: LanHost;

before(async () => {
  lan = await createLan({hosts: 1});
  [db1] = lan.hosts as [LanHost];
});
after(() => lan.dispose());

test('status tells each address once, whoever lists it, and looks once for all of them', async () => {
  const network = await db1.network();
  db1.exec('ip', 'addr', 'add', '10.77.0.50/32', 'dev', 'lo');
  let looks = 0;
  const counting: typeof network = {
    ...network,
    showAddresses: signal => {
      looks += 1;
      return network.showAddresses(signal);
    },
  };
  const vips = ['10.77.0.50/24', '10.77.0.51/24'].map(cidr => ({cidr, interface: 'eth0'}));
  const means = {
    config: {host: 'db1', vips},
    network: counting,
    instances: new Map(),
    operations: {statuses: () => []},
    journal: {epochs: () => ({})},
    warnings: () => [],
    readOnlySinceBoot: () => [],
    certificateNotAfterMs: () => 0,
  } as unknown as StatusMeans;
  const cidrs = ['10.77.0.50/24', '10.77.0.1/24', '10.77.0.1/24', '10.77.0.9/24'];
  const status = await getStatus({ports: [], cidrs, brief: true}, means);
  assert.deepEqual(
    status.vips.map(({cidr, interface: name, present}) => [cidr, name, present]),
    [
      ['10.77.0.50/24', 'lo', true],
      ['10.77.0.51/24', 'eth0', false],
      ['10.77.0.1/24', 'eth0', true],
      ['10.77.0.9/24', '', false],
    ],
  );
  assert.equal(looks, 1);
});
