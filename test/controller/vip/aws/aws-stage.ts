import type {TestContext} from 'node:test';
import type {AwsConfig} from '../../../../controller/config/cluster-config.ts';
import {awsVip} from '../../../../controller/vip/aws/aws-vip.ts';
import type {VipProvider} from '../../../../controller/vip/provider.ts';
import {type FakeEc2, startEc2} from '../../../fakes/ec2/server.ts';
import {instanceOf} from '../../../fakes/ec2/world.ts';

export const modes = ['private_ip', 'elastic_ip', 'route'] as const;
export type Mode = (typeof modes)[number];

export const cidrOf: Readonly<Record<Mode, string>> = {
  private_ip: '10.77.0.100/24',
  elastic_ip: '198.51.100.7/32',
  route: '192.0.2.100/32',
};

const tables = ['rtb-00000001', 'rtb-00000002'];

/** db1 by its instance id, db2 and db3 by tag. */
export const awsConfig = (mode: Mode, endpoint: string): AwsConfig => {
  const common = {
    type: 'aws',
    cidrs: [cidrOf[mode]],
    access: {region: 'eu-central-1', profile: undefined, endpoint, caBundle: undefined},
    hosts: [
      {name: 'db1', instance: {id: instanceOf.db1 ?? ''}, deviceIndex: 0},
      ...['db2', 'db3'].map(name => ({name, instance: {tag: {key: 'Name', value: name}}, deviceIndex: 0})),
    ],
  } as const;
  return mode === 'route' ? {...common, mode, routeTables: tables} : {...common, mode};
};

/** The library takes credentials from the environment, as on a manager. */
export const giveCredentials = (t: TestContext): void => {
  const mine = {
    AWS_ACCESS_KEY_ID: 'AKIAIOSFODNN7EXAMPLE',
    AWS_SECRET_ACCESS_KEY: 'not-a-secret',
    AWS_EC2_METADATA_DISABLED: 'true',
  };
  const before = Object.keys(mine).map(key => [key, process.env[key]] as const);
  Object.assign(process.env, mine);
  t.after(() => {
    for (const [key] of before) delete process.env[key];
    Object.assign(process.env, Object.fromEntries(before.filter(([, value]) => value !== undefined)));
  });
};

export interface AwsStage {
  readonly ec2: FakeEc2;
  readonly provider: VipProvider;
}

export const awsStage = async (t: TestContext, mode: Mode): Promise<AwsStage> => {
  giveCredentials(t);
  const ec2 = await startEc2();
  t.after(() => ec2.close());
  return {ec2, provider: awsVip(awsConfig(mode, ec2.url))};
};

/** Whom the endpoint's own state gives the VIP to, by the hosts' names. A part of it is marked. */
export const holdersIn = ({world}: FakeEc2, mode: Mode): string[] => {
  const ip = cidrOf[mode].split('/')[0] ?? '';
  const nameOf = (id: string | undefined) => world.interfaces.find(eni => eni.id === id)?.tags.Name ?? `${id}`;
  switch (mode) {
    case 'private_ip':
      return world.interfaces.filter(eni => eni.secondaryIps.includes(ip)).map(({id}) => nameOf(id));
    case 'elastic_ip':
      return world.addresses.flatMap(({association}) => (association === undefined ? [] : [nameOf(association.eni)]));
    case 'route': {
      const targets = world.routeTables.map(({routes}) => routes.find(({cidr}) => cidr === `${ip}/32`)?.eni);
      const known = [...new Set(targets.filter(target => target !== undefined))];
      return known.map(id => `${nameOf(id)}${targets.every(target => target === id) ? '' : ' (part)'}`);
    }
  }
};

/** Puts the VIP somewhere behind the provider's back. */
export const giveTo = ({world}: FakeEc2, mode: Mode, name: string): void => {
  const ip = cidrOf[mode].split('/')[0] ?? '';
  const eni = world.interfaces.find(({tags}) => tags.Name === name);
  if (eni === undefined) throw new Error(`no interface of ${name}`);
  if (mode === 'private_ip') eni.secondaryIps.push(ip);
  if (mode === 'elastic_ip')
    for (const one of world.addresses) one.association = {id: 'eipassoc-00000009', eni: eni.id};
  if (mode === 'route') for (const table of world.routeTables) table.routes = [{cidr: `${ip}/32`, eni: eni.id}];
};
