// The suite for Elastic IPs and routes against Debian's moto_server: somebody else's reading of EC2's wire format. What moto 5 does
// otherwise than EC2 runs against test/fakes/ec2 in aws-vip.test.ts: a private address stays on both interfaces when it is taken
// with AllowReassignment, is given to both without, and is not found by addresses.private-ip-address unless it is the primary
// one, so that the suite for private_ip cannot run here at all; and DryRun is ignored, so that check would change something.
import assert from 'node:assert/strict';
import {after, before, describe, type TestContext, test} from 'node:test';
import {EC2} from '@aws-sdk/client-ec2';
import type {AwsConfig} from '../../../../controller/config/cluster-config.ts';
import {awsVip} from '../../../../controller/vip/aws/aws-vip.ts';
import {type Moto, startMoto} from '../../../fixtures/moto.ts';
import {cloudStage} from '../../../suites/cloud-stage.ts';
import {vipProviderSuite} from '../../../suites/vip-provider.ts';
import {giveCredentials, type Mode} from './aws-stage.ts';

let moto: Moto;
let ec2: EC2;
let account: Account;

interface Account {
  readonly instances: Readonly<Record<string, {readonly id: string; readonly eni: string}>>;
  readonly routeTables: readonly string[];
  readonly elasticIp: {readonly ip: string; readonly allocation: string};
}

const region = 'eu-central-1';
const privateIp = '10.77.0.100';
const overlayIp = '192.0.2.100';

before(async () => {
  moto = await startMoto();
  const credentials = {accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: 'not-a-secret'};
  ec2 = new EC2({endpoint: moto.url, region, credentials});
  account = await furnish();
});
after(async () => {
  ec2?.destroy();
  await moto?.dispose();
});

/** Hosts db1 and db2 and a stranger in one subnet, two route tables, one Elastic IP. */
const furnish = async (): Promise<Account> => {
  const {Vpc} = await ec2.createVpc({CidrBlock: '10.77.0.0/16'});
  const {Subnet} = await ec2.createSubnet({VpcId: Vpc?.VpcId, CidrBlock: '10.77.0.0/24'});
  const {Images} = await ec2.describeImages({});
  const instances: Record<string, {id: string; eni: string}> = {};
  for (const name of ['db1', 'db2', 'stranger']) {
    const Tags = [{Key: 'Name', Value: name}];
    const run = await ec2.runInstances({
      ImageId: Images?.[0]?.ImageId,
      MinCount: 1,
      MaxCount: 1,
      SubnetId: Subnet?.SubnetId,
      TagSpecifications: [{ResourceType: 'instance', Tags}],
    });
    const [instance] = run.Instances ?? [];
    const eni = instance?.NetworkInterfaces?.[0]?.NetworkInterfaceId;
    assert.ok(instance?.InstanceId && eni);
    instances[name] = {id: instance.InstanceId, eni};
  }
  const tables = await Promise.all([0, 1].map(() => ec2.createRouteTable({VpcId: Vpc?.VpcId})));
  const {PublicIp: ip = '', AllocationId: allocation = ''} = await ec2.allocateAddress({Domain: 'vpc'});
  const routeTables = tables.map(({RouteTable}) => RouteTable?.RouteTableId ?? '');
  return {instances, routeTables, elasticIp: {ip, allocation}};
};

const ipOf = (mode: Mode): string =>
  ({private_ip: privateIp, elastic_ip: account.elasticIp.ip, route: overlayIp})[mode];

const configOf = (mode: Mode): AwsConfig => {
  const common = {
    type: 'aws',
    cidrs: [`${ipOf(mode)}/${mode === 'private_ip' ? 24 : 32}`],
    access: {region, profile: undefined, endpoint: moto.url, caBundle: undefined},
    hosts: [
      {name: 'db1', instance: {id: account.instances.db1?.id ?? ''}, deviceIndex: 0},
      {name: 'db2', instance: {tag: {key: 'Name', value: 'db2'}}, deviceIndex: 0},
    ],
  } as const;
  return mode === 'route' ? {...common, mode, routeTables: account.routeTables} : {...common, mode};
};

const nameOf = (eni: string | undefined): string =>
  Object.entries(account.instances).find(([, one]) => one.eni === eni)?.[0] ?? `${eni}`;

const holders = async (mode: Mode): Promise<string[]> => {
  if (mode === 'elastic_ip') {
    const {Addresses = []} = await ec2.describeAddresses({PublicIps: [account.elasticIp.ip]});
    return Addresses.filter(({AssociationId}) => AssociationId).map(one => nameOf(one.NetworkInterfaceId));
  }
  if (mode === 'route') return [...new Set((await routes()).map(({eni}) => nameOf(eni)))];
  const NetworkInterfaceIds = Object.values(account.instances).map(({eni}) => eni);
  const {NetworkInterfaces = []} = await ec2.describeNetworkInterfaces({NetworkInterfaceIds});
  return NetworkInterfaces.filter(({PrivateIpAddresses: all = []}) =>
    all.some(({PrivateIpAddress}) => PrivateIpAddress === privateIp),
  ).map(one => nameOf(one.NetworkInterfaceId));
};

const routes = async () => {
  const {RouteTables = []} = await ec2.describeRouteTables({RouteTableIds: [...account.routeTables]});
  return RouteTables.flatMap(({RouteTableId: table = '', Routes = []}) =>
    Routes.filter(({DestinationCidrBlock}) => DestinationCidrBlock === `${overlayIp}/32`).map(one => ({
      table,
      eni: one.NetworkInterfaceId,
    })),
  );
};

const takeFromAll = async (mode: Mode): Promise<void> => {
  for (const name of await holders(mode)) {
    if (mode === 'private_ip')
      await ec2.unassignPrivateIpAddresses({
        NetworkInterfaceId: account.instances[name]?.eni,
        PrivateIpAddresses: [privateIp],
      });
    if (mode === 'elastic_ip') {
      const {Addresses} = await ec2.describeAddresses({PublicIps: [account.elasticIp.ip]});
      await ec2.disassociateAddress({AssociationId: Addresses?.[0]?.AssociationId});
    }
  }
  if (mode === 'route')
    for (const {table} of await routes())
      await ec2.deleteRoute({RouteTableId: table, DestinationCidrBlock: `${overlayIp}/32`});
};

const giveToStranger = async (mode: Mode): Promise<void> => {
  const NetworkInterfaceId = account.instances.stranger?.eni;
  if (mode === 'private_ip') await ec2.assignPrivateIpAddresses({NetworkInterfaceId, PrivateIpAddresses: [privateIp]});
  if (mode === 'elastic_ip')
    await ec2.associateAddress({NetworkInterfaceId, AllocationId: account.elasticIp.allocation});
  if (mode === 'route')
    for (const RouteTableId of account.routeTables)
      await ec2.createRoute({RouteTableId, NetworkInterfaceId, DestinationCidrBlock: `${overlayIp}/32`});
};

const stage = async (t: TestContext, mode: Mode) => {
  giveCredentials(t);
  await takeFromAll(mode);
  return cloudStage({
    provider: awsVip(configOf(mode)),
    apiHolders: () => holders(mode),
    giveToStranger: () => giveToStranger(mode),
    hang: async () => {
      moto.freeze();
      t.after(() => moto.thaw());
    },
  });
};

const faithful = ['elastic_ip', 'route'] as const;
for (const mode of faithful) vipProviderSuite(`aws ${mode} at moto`, t => stage(t, mode));

describe('what moto does as EC2 does, beside the suite', () => {
  test('private_ip: the request is understood, and not believed until the address is shown', async t => {
    const {provider} = await stage(t, 'private_ip');
    const granting = provider.cloud?.grant('db1', {from: [], signal: AbortSignal.timeout(3000)});
    await assert.rejects(
      async () => granting,
      /the API took the request, but does not show that db1 alone has the address/,
    );
    assert.deepEqual(await holders('private_ip'), ['db1']);
  });

  for (const mode of faithful)
    test(`${mode}: a dead master that still has it loses it to the new one`, async t => {
      const {provider, open} = await stage(t, mode);
      await provider.acquire(open('b').host);
      const {cloud} = provider;
      await cloud?.grant('db1', {from: ['db2'], signal: AbortSignal.timeout(20_000)});
      assert.deepEqual(await holders(mode), ['db1']);
      await cloud?.revoke('db1', AbortSignal.timeout(20_000));
      assert.deepEqual(await holders(mode), []);
    });
});
