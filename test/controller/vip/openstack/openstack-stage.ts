import {mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import type {TestContext} from 'node:test';
import {stringify} from 'yaml';
import type {HostConfig, OpenStackConfig} from '../../../../controller/config/cluster-config.ts';
import {openStackVip} from '../../../../controller/vip/openstack/openstack-vip.ts';
import {HostAddresses} from '../../../fakes/host-addresses.ts';
import type {OpenStack} from '../../../fixtures/openstack.ts';
import type {Tenant} from '../../../fixtures/openstack-tenant.ts';
import type {VipStage} from '../../../suites/vip-provider.ts';

export type ModeName = OpenStackConfig['mode'];

/** The VIP of the tests: outside the subnet's allocation pool, as the README advises. */
export const fixedVip = '10.20.0.50';

/** A cluster of the tenant's hosts a, b and c, whose clouds.yaml is written for this test. */
export const configFor = (
  t: TestContext,
  {
    tenant,
    mode,
    account = 'member',
    differing = {},
  }: {
    readonly tenant: Tenant;
    readonly mode: ModeName;
    readonly account?: keyof Tenant['clouds'];
    readonly differing?: Partial<OpenStackConfig>;
  },
): OpenStackConfig => {
  const directory = mkdtempSync(join(tmpdir(), 'mha-clouds-'));
  t.after(() => rmSync(directory, {recursive: true}));
  const file = join(directory, 'clouds.yaml');
  writeFileSync(file, stringify({clouds: tenant.clouds}), {mode: 0o600});
  const {ports} = tenant;
  return {
    type: 'openstack',
    cidrs: [mode === 'floating_ip' ? `${tenant.floatingAddress}/32` : `${fixedVip}/24`],
    mode,
    cloud: account,
    network: undefined,
    // one host by each of the ways to find a port
    hosts: [
      {name: 'a', port: ports.a, server: undefined, ip: undefined},
      {name: 'b', port: undefined, server: undefined, ip: '10.20.0.12'},
      {name: 'c', port: 'port-c', server: undefined, ip: undefined},
    ],
    environment: {OS_CLIENT_CONFIG_FILE: file},
    ...differing,
  };
};

/** Nobody has the VIP, nothing is paused. */
export const resetTenant = async ({neutron, ports}: Tenant): Promise<void> => {
  const floating = (await neutron('GET', '/v2.0/floatingips')).floatingips as {id: string; port_id: string | null}[];
  for (const {id, port_id} of floating)
    if (port_id !== null) await neutron('PUT', `/v2.0/floatingips/${id}`, {floatingip: {port_id: null}});
  const all = (await neutron('GET', '/v2.0/ports')).ports as RawPort[];
  for (const [index, id] of [ports.a, ports.b, ports.c, ports.stranger].entries()) {
    const own = [{ip_address: `10.20.0.${11 + index}`}];
    const port = all.find(one => one.id === id);
    if (port?.port_security_enabled === false)
      await neutron('PUT', `/v2.0/ports/${id}`, {port: {port_security_enabled: true}});
    if (port?.fixed_ips.length !== 1 || port.allowed_address_pairs.length > 0)
      await neutron('PUT', `/v2.0/ports/${id}`, {port: {fixed_ips: own, allowed_address_pairs: []}});
  }
};

export const stageFor = async (
  t: TestContext,
  {cloud, tenant, mode}: {readonly cloud: OpenStack; readonly tenant: Tenant; readonly mode: ModeName},
): Promise<VipStage> => {
  await resetTenant(tenant);
  const config = configFor(t, {tenant, mode});
  const [cidr = ''] = config.cidrs;
  const hosts = new HostAddresses();
  return {
    provider: openStackVip(config),
    open: (name, {mayTakeFrom = [], leftMs = 30_000} = {}) => {
      const own = hosts.open(name);
      const undos: ((signal: AbortSignal) => Promise<unknown>)[] = [];
      return {
        host: {
          config: hostConfig(name),
          intent: own.intent,
          leftMs,
          mayTakeFrom,
          willChange: async (_change, undo) => void undos.push(undo),
        },
        undo: async () => {
          own.undo();
          for (const undo of undos.toReversed()) await undo(AbortSignal.timeout(20_000));
        },
      };
    },
    holders: async () => {
      const atApi = await holdersAtApi(tenant, mode);
      return [...new Set([...hosts.holdersOf(cidr), ...atApi])].sort();
    },
    ...(mode === 'allowed_address_pair' ? {} : {giveToStranger: () => giveTo('stranger', tenant, mode)}),
    hang: async () => {
      cloud.pauseNeutron();
      t.after(() => cloud.continueNeutron());
    },
  };
};

type Somebody = keyof Tenant['ports'];

/** Asks Neutron beside the provider, as its administrator. */
export const holdersAtApi = async ({neutron, ports, floatingAddress}: Tenant, mode: ModeName): Promise<string[]> => {
  const byId = new Map(Object.entries(ports).map(([name, id]) => [id, name]));
  if (mode === 'floating_ip') {
    const {floatingips} = await neutron('GET', `/v2.0/floatingips?floating_ip_address=${floatingAddress}`);
    const [one] = floatingips as {port_id: string | null}[];
    return one?.port_id ? [byId.get(one.port_id) ?? one.port_id] : [];
  }
  const all = (await neutron('GET', '/v2.0/ports')).ports as RawPort[];
  const key = mode === 'fixed_ip' ? 'fixed_ips' : 'allowed_address_pairs';
  return all.filter(port => port[key].some(one => one.ip_address === fixedVip)).map(({id}) => byId.get(id) ?? id);
};

export const giveTo = async (
  who: Somebody,
  {neutron, ports, floatingAddress}: Tenant,
  mode: ModeName,
): Promise<void> => {
  const id = ports[who];
  if (mode === 'floating_ip') {
    const {floatingips} = await neutron('GET', `/v2.0/floatingips?floating_ip_address=${floatingAddress}`);
    const [one] = floatingips as {id: string}[];
    await neutron('PUT', `/v2.0/floatingips/${one?.id}`, {floatingip: {port_id: id}});
    return;
  }
  const {port} = (await neutron('GET', `/v2.0/ports/${id}`)) as {port: RawPort};
  const fixed = {fixed_ips: [...port.fixed_ips, {ip_address: fixedVip}]};
  const pairs = {allowed_address_pairs: [...port.allowed_address_pairs, {ip_address: fixedVip}]};
  await neutron('PUT', `/v2.0/ports/${id}`, {port: mode === 'fixed_ip' ? fixed : pairs});
};

interface RawPort {
  readonly id: string;
  readonly port_security_enabled: boolean;
  readonly fixed_ips: readonly {readonly ip_address: string}[];
  readonly allowed_address_pairs: readonly {readonly ip_address: string}[];
}

export const hostConfig = (name: string): HostConfig => ({
  name,
  port: 3306,
  portIsExplicit: false,
  agent: {address: name, addressIsExplicit: false, port: 7306},
  ip: undefined,
  clusterInterface: 'eth0',
  superReadOnly: false,
  killAfterMs: 5000,
  requiresSudo: false,
  requiresArping: true,
  excludeUsers: [],
  report: {
    recipients: [],
    smtp: {host: 'localhost', port: 25, account: undefined},
    webhook: undefined,
    command: undefined,
  },
});
