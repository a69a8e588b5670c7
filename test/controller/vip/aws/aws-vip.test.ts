// Against the endpoint of test/fakes/ec2, which does what EC2 documents: reassignment takes an address from the other
// interface, a conflict is an error, DryRun is honoured, reads may lag, calls may be throttled. None of this can be had of
// moto_server; what it does as EC2 does runs in aws-moto.cloud.test.ts.
import assert from 'node:assert/strict';
import {describe, test} from 'node:test';
import {CloudFailed} from '../../../../controller/vip/cloud.ts';
import {cloudStage} from '../../../suites/cloud-stage.ts';
import {vipProviderSuite} from '../../../suites/vip-provider.ts';
import {awsStage, giveTo, holdersIn, type Mode, modes} from './aws-stage.ts';

const signal = (): AbortSignal => AbortSignal.timeout(20_000);

for (const mode of modes) {
  vipProviderSuite(`aws ${mode}`, async t => {
    const {ec2, provider} = await awsStage(t, mode);
    return cloudStage({
      provider,
      apiHolders: async () => holdersIn(ec2, mode),
      giveToStranger: async () => giveTo(ec2, mode, 'stranger'),
      hang: async () => {
        ec2.faults.hangs = true;
      },
    });
  });
}

const both = async (t: Parameters<typeof awsStage>[0], mode: Mode) => {
  const {ec2, provider} = await awsStage(t, mode);
  const stage = cloudStage({provider, apiHolders: async () => holdersIn(ec2, mode)});
  const {cloud} = provider;
  assert.ok(cloud);
  return {ec2, provider, cloud, stage};
};

describe('whatever EC2 does to a call', () => {
  for (const mode of modes) {
    test(`${mode}: a dead master's VIP is revoked without the host, and then given to the new one`, async t => {
      const {ec2, cloud} = await both(t, mode);
      giveTo(ec2, mode, 'db1');
      await cloud.revoke('db1', signal());
      assert.deepEqual(holdersIn(ec2, mode), []);
      await cloud.grant('db2', {from: [], signal: signal()});
      assert.deepEqual(holdersIn(ec2, mode), ['db2']);
    });

    test(`${mode}: a dead master that still has it loses it to the new one`, async t => {
      const {ec2, provider, stage} = await both(t, mode);
      giveTo(ec2, mode, 'db2');
      await provider.acquire(stage.open('a', {mayTakeFrom: ['b']}).host);
      assert.deepEqual(await stage.holders(), ['a']);
    });

    test(`${mode}: EC2 itself refuses an address that somebody got after we looked`, async t => {
      const {ec2, cloud} = await both(t, mode);
      giveTo(ec2, mode, 'stranger');
      await assert.rejects(cloud.grant('db1', {from: [], signal: signal()}), CloudFailed);
      assert.deepEqual(holdersIn(ec2, mode), ['stranger']);
    });

    test(`${mode}: throttled calls are tried again`, async t => {
      const {ec2, provider, stage} = await both(t, mode);
      ec2.faults.throttle = 4;
      await provider.acquire(stage.open('a').host);
      assert.deepEqual(await stage.holders(), ['a']);
      assert.equal(ec2.faults.throttle, 0);
    });

    test(`${mode}: reads that lag behind are waited for, and not believed before`, async t => {
      const {ec2, provider, stage} = await both(t, mode);
      ec2.faults.lagMs = 700;
      const begin = performance.now();
      await provider.acquire(stage.open('a').host);
      assert.ok(performance.now() - begin >= 700);
      assert.deepEqual(await stage.holders(), ['a']);
      await provider.release(stage.open('a').host);
      assert.deepEqual(await stage.holders(), []);
    });

    test(`${mode}: throttling without end says so when the time is over`, async t => {
      const {ec2, provider, stage} = await both(t, mode);
      ec2.faults.throttle = 1e6;
      const error = await provider.acquire(stage.open('a', {leftMs: 4500}).host).catch(reason => reason);
      assert.match(
        error.message,
        new RegExp(`^aws ${mode} \\S+.*: Describe\\w+: RequestLimitExceeded: Request limit exceeded`),
      );
      assert.match(error.hint, /limits the calls/);
      assert.ok(error.isWorthAnotherTry);
    });

    test(`${mode}: a change whose answer got lost is seen, not made twice`, async t => {
      const {ec2, provider, stage} = await both(t, mode);
      ec2.faults.losesAnswerOf = changeOf[mode];
      await provider.acquire(stage.open('a').host);
      assert.deepEqual(await stage.holders(), ['a']);
    });

    test(`${mode}: a missing permission is named as the IAM action, and nothing changes`, async t => {
      const {ec2, provider, stage} = await both(t, mode);
      ec2.faults.denied.push(changeOf[mode]);
      const error = await provider.acquire(stage.open('a').host).catch(reason => reason);
      assert.match(error.message, new RegExp(`^aws ${mode} \\S+ on db1: ${changeOf[mode]}: UnauthorizedOperation: `));
      assert.match(error.hint, new RegExp(`allow ec2:${changeOf[mode]} `));
      assert.doesNotMatch(error.message, /Encoded|xxxx/);
      assert.deepEqual(await stage.holders(), []);
    });

    test(`${mode}: check finds all in order and changes nothing`, async t => {
      const {ec2, cloud} = await both(t, mode);
      giveTo(ec2, mode, 'db2');
      const before = structuredClone(ec2.world);
      const findings = await cloud.check(signal());
      assert.deepEqual(
        findings.filter(({result}) => result !== 'ok'),
        [],
      );
      assert.ok(findings.some(({text}) => /db1 is eni-00000001 of i-00000001/.test(text)));
      assert.ok(findings.some(({text}) => text.includes(`ec2:${changeOf[mode]} is allowed`)));
      assert.deepEqual(ec2.world, before);
    });

    test(`${mode}: check names each missing permission`, async t => {
      const {ec2, cloud} = await both(t, mode);
      ec2.faults.denied.push(changeOf[mode]);
      const failed = (await cloud.check(signal())).filter(({result}) => result === 'FAIL');
      assert.equal(failed.length, 1);
      assert.match(
        `${failed[0]?.text} ${failed[0]?.hint}`,
        new RegExp(`UnauthorizedOperation.*allow ec2:${changeOf[mode]} `),
      );
    });
  }
});

const changeOf: Readonly<Record<Mode, string>> = {
  private_ip: 'AssignPrivateIpAddresses',
  elastic_ip: 'AssociateAddress',
  route: 'CreateRoute',
};

describe('what check and every verb say of an account that is not in order', () => {
  for (const code of ['AuthFailure', 'RequestExpired', 'ExpiredToken'])
    test(`${code} is told as credentials, at once, and without them`, async t => {
      const {ec2, provider, stage, cloud} = await both(t, 'private_ip');
      ec2.faults.refusesAll = code;
      const error = await provider.acquire(stage.open('a').host).catch(reason => reason);
      assert.match(error.message, new RegExp(`: DescribeInstances: ${code}: |: DescribeNetworkInterfaces: ${code}: `));
      assert.match(error.hint, /credentials/);
      assert.ok(!error.isWorthAnotherTry);
      const findings = await cloud.check(signal());
      assert.ok(findings.some(({result, text}) => result === 'FAIL' && text.includes(code)));
      assert.doesNotMatch(JSON.stringify([findings, error.message]), /AKIA|not-a-secret/);
    });

  test('a host that EC2 does not know is named with what was looked for', async t => {
    const {ec2, provider, stage, cloud} = await both(t, 'private_ip');
    ec2.world.interfaces.splice(1, 1);
    const error = await provider.acquire(stage.open('b').host).catch(reason => reason);
    assert.match(
      error.message,
      /db2 has no network interface at EC2: looked for device 0 of the instance with Name=db2/,
    );
    assert.ok((await cloud.check(signal())).some(({result, text}) => result === 'FAIL' && text.includes('db2')));
  });

  test('the VIP of a terminated instance is free: nothing to revoke, and the new master gets it', async t => {
    for (const mode of modes) {
      const {ec2, cloud} = await both(t, mode);
      giveTo(ec2, mode, 'db1');
      const [gone] = ec2.world.interfaces.splice(0, 1);
      for (const one of ec2.world.addresses) if (one.association?.eni === gone?.id) one.association = undefined;
      await cloud.revoke('db1', signal());
      await cloud.grant('db2', {from: [], signal: signal()});
      assert.deepEqual(holdersIn(ec2, mode), ['db2'], mode);
    }
  });

  test("an interface's own Elastic IP is never taken from it", async t => {
    const {ec2, provider, stage, cloud} = await both(t, 'elastic_ip');
    const own = {
      allocationId: 'eipalloc-00000002',
      publicIp: '198.51.100.8',
      association: {id: 'eipassoc-8', eni: 'eni-00000001'},
    };
    ec2.world.addresses.push(own);
    await assert.rejects(
      provider.acquire(stage.open('a').host),
      /has the Elastic IP 198\.51\.100\.8 already, which would be lost/,
    );
    assert.equal(own.association.eni, 'eni-00000001');
    assert.ok((await cloud.check(signal())).some(({text}) => text.includes('would be lost')));
  });

  test('a source/destination check that drops the packets is told by acquire and refused by check', async t => {
    const {ec2, provider, stage, cloud} = await both(t, 'route');
    for (const eni of ec2.world.interfaces) eni.sourceDestCheck = true;
    const {notes} = await provider.acquire(stage.open('a').host);
    assert.match(notes.join(), /drops packets for the VIP; run: aws ec2 modify-network-interface-attribute/);
    assert.equal((await cloud.check(signal())).filter(({result}) => result === 'FAIL').length, 3);
  });

  test('a route table that is half moved is completed, and its other half is no stranger', async t => {
    const {ec2, provider, stage} = await both(t, 'route');
    giveTo(ec2, 'route', 'db1');
    ec2.world.routeTables[1]?.routes.splice(0);
    await provider.acquire(stage.open('a').host);
    assert.deepEqual(await stage.holders(), ['a']);
  });
});
