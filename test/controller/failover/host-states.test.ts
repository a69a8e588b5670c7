import assert from 'node:assert/strict';
import {test} from 'node:test';
import {stateOf} from '../../../controller/failover/host-states.ts';

test('an address that an agent tells twice is on the host once', () => {
  const vip = {
    ...{cidr: '10.77.0.100/24', interface: 'eth0', prefixLength: 24},
    ...{present: true, mac: '02:00:00:00:00:01', wouldLose: []},
  };
  assert.deepEqual(stateOf(undefined, [vip, vip, {...vip, cidr: '10.77.0.101/24', present: false}]), {
    vips: ['10.77.0.100/24'],
  });
});
