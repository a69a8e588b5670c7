import assert from 'node:assert/strict';
import {test} from 'node:test';
import type {OpenStackHost} from '../../../../controller/config/cluster-config.ts';
import {CloudFailed} from '../../../../controller/vip/cloud.ts';
import {floatingIp} from '../../../../controller/vip/openstack/floating-ip.ts';
import type {Place} from '../../../../controller/vip/openstack/mode.ts';

const vip = '203.0.113.10';
const db2: OpenStackHost = {name: 'db2', port: 'port-db2', server: undefined, ip: '10.0.0.12'};

/** A floating IP that has this port when somebody looks; answers to which ports it was pointed. */
const placeWith = (portId: string | undefined) => {
  const pointedTo: (string | undefined)[] = [];
  let now = portId;
  const neutron = {
    listFloatingIps: async () => [{id: 'fip', address: vip, portId: now, revision: 1}],
    updateFloatingIp: async (_: unknown, to: {readonly portId: string | undefined}) => {
      now = to.portId;
      pointedTo.push(now);
    },
  };
  const portOf = async () => ({id: 'port-db2', fixedIps: [{address: '10.0.0.12'}]});
  return {pointedTo, place: {neutron, hosts: [db2], vips: [vip], portOf} as unknown as Place};
};

test('a floating IP that nobody has is given to the host', async () => {
  const {place, pointedTo} = placeWith(undefined);
  await floatingIp.give(db2, place);
  assert.deepEqual(pointedTo, ['port-db2']);
});

test('one that another controller was faster to give stays where it is', async () => {
  const {place, pointedTo} = placeWith('port-db1');
  await assert.rejects(
    floatingIp.give(db2, place),
    (error: Error) => error instanceof CloudFailed && /just given .* to port port-db1/.test(error.message),
  );
  assert.deepEqual(pointedTo, []);
});
