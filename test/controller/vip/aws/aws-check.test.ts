// What `mha-helper check` finds at the API in each mode: what is there, who has the VIP, what is missing. The permissions are in
// aws-vip.test.ts.
import assert from 'node:assert/strict';
import {describe, type TestContext, test} from 'node:test';
import type {Ec2World} from '../../../fakes/ec2/world.ts';
import {awsStage, cidrOf, giveTo, type Mode, modes} from './aws-stage.ts';

/** What check says after `prepare`, one line a finding; fails when the check changed anything. */
const checkAfter = async (
  t: TestContext,
  mode: Mode,
  prepare: (world: Ec2World, stage: Awaited<ReturnType<typeof awsStage>>) => void,
): Promise<string> => {
  const stage = await awsStage(t, mode);
  prepare(stage.ec2.world, stage);
  const before = structuredClone(stage.ec2.world);
  const findings = await stage.provider.cloud?.check(AbortSignal.timeout(20_000));
  assert.deepEqual(stage.ec2.world, before);
  return (findings ?? []).map(({result, text, hint}) => `${result} ${text}; ${hint ?? ''}`).join('\n');
};

const addressOf = (mode: Mode): string => (cidrOf[mode].split('/')[0] ?? '').replaceAll('.', '\\.');

describe('check at EC2', () => {
  for (const mode of modes) {
    test(`${mode}: names the host that has the VIP, and the interface of each`, async t => {
      const said = await checkAfter(t, mode, (_, {ec2}) => giveTo(ec2, mode, 'db2'));
      assert.match(said, new RegExp(`^ok aws ${mode} ${addressOf(mode)}: db2 has it`, 'm'));
      for (const index of [1, 2, 3])
        assert.match(said, new RegExp(`^ok .*: db${index} is eni-0000000${index} of i-`, 'm'));
    });

    test(`${mode}: a VIP that nobody has is a note with the command that places it`, async t => {
      const said = await checkAfter(t, mode, () => {});
      assert.match(said, /^note .*: nobody has it; mha-helper vip acquire puts it on the master$/m);
      assert.doesNotMatch(said, /^FAIL/m);
    });

    test(`${mode}: a VIP at a machine of somebody else fails, and that machine is named`, async t => {
      const said = await checkAfter(t, mode, (_, {ec2}) => giveTo(ec2, mode, 'stranger'));
      assert.match(said, /^FAIL .*eni-00000004.* has it, and is no host of this cluster; free it there$/m);
    });

    test(`${mode}: a host without an interface is named`, async t => {
      const said = await checkAfter(t, mode, world => void world.interfaces.splice(1, 1));
      assert.match(said, /^FAIL .*db2 has no network interface at EC2: looked for device 0 .*Name=db2/m);
    });
  }

  test('elastic_ip: an address that the account does not have fails', async t => {
    const said = await checkAfter(t, 'elastic_ip', world => void world.addresses.splice(0));
    assert.match(
      said,
      /^FAIL .*InvalidAddress.NotFound: .*; allocate the Elastic IP in this account and region, or correct writer_vip_cidr/m,
    );
  });

  test('route: a route table that is not there fails', async t => {
    const said = await checkAfter(t, 'route', world => void world.routeTables.splice(1, 1));
    assert.match(said, /^FAIL .*rtb-00000002/m);
  });

  test("private_ip: hosts in several subnets, and a host's primary address, fail", async t => {
    const apart = await checkAfter(t, 'private_ip', world => {
      const [, second] = world.interfaces;
      assert.ok(second);
      world.interfaces[1] = {...second, subnetId: 'subnet-00000002'};
    });
    assert.match(apart, /^FAIL .*several subnets \(subnet-00000001, subnet-00000002\).*; use aws_mode = route/m);
    const primary = await checkAfter(t, 'private_ip', world => {
      const [first] = world.interfaces;
      assert.ok(first);
      world.interfaces[0] = {...first, primaryIp: '10.77.0.100'};
    });
    assert.match(primary, /^FAIL .*primary address of db1, which cannot move; use a secondary address$/m);
  });
});
