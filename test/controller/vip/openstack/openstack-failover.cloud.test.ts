// vip_type = openstack with real MHA and real agents in the lab, and the real Keystone and Neutron: a master's host is cut off,
// and Neutron alone takes its VIP away.
import assert from 'node:assert/strict';
import {after, before, beforeEach, describe, test} from 'node:test';
import {stringify} from 'yaml';
import {type OpenStack, startOpenStack} from '../../../fixtures/openstack.ts';
import {furnishTenant, type Tenant} from '../../../fixtures/openstack-tenant.ts';
import {bringPort} from '../../../lab/bring-port.ts';
import {createProductLab, type ProductLab} from '../../../lab/product-lab.ts';
import type {Finished} from '../../../lab/run.ts';
import {writerVip} from '../../../lab/topology.ts';
import {resetTenant} from './openstack-stage.ts';

let cloud: OpenStack;
let tenant: Tenant;
let lab: ProductLab;
const closers: (() => Promise<void>)[] = [];

before(async () => {
  cloud = await startOpenStack();
  tenant = await furnishTenant(cloud);
  lab = await createProductLab();
  for (const url of [cloud.authUrl, cloud.neutronUrl])
    closers.push(await bringPort(lab, 'mgr', Number(new URL(url).port)));
});
after(async () => {
  for (const close of closers) await close();
  await lab?.dispose();
  await cloud?.dispose();
});

beforeEach(() => resetTenant(tenant));

const modes = ['allowed_address_pair', 'floating_ip'] as const;
type Mode = (typeof modes)[number];

const vipOf = (mode: Mode): string => (mode === 'floating_ip' ? `${tenant.floatingAddress}/32` : writerVip);

/** The VIP on db1, at Neutron and, where the mode puts it there, on the host. */
const setUp = async (mode: Mode): Promise<void> => {
  await lab.reset();
  if (mode === 'floating_ip') await lab.removeVip('db1');
  const {member} = tenant.clouds;
  await lab.write('mgr', '/etc/openstack/clouds.yaml', stringify({clouds: {member}}), 0o600);
  const {a, b, c} = tenant.ports;
  await lab.writeClusterConfig({
    defaults: {vip_type: 'openstack', openstack_mode: mode, openstack_cloud: 'member', writer_vip_cidr: vipOf(mode)},
    hosts: {db1: {openstack_port: a}, db2: {openstack_port: b}, db3: {openstack_port: c}},
  });
  const placed = await lab.helper('vip', 'acquire', 'lab', 'db1');
  assert.equal(placed.code, 0, saidBy(placed));
  assert.deepEqual(await holdersAtNeutron(mode), ['db1']);
};

const saidBy = ({code, stdout, stderr}: Finished): string => `exit code ${code}\n${stdout}${stderr}`;

/** Asks Neutron beside the product, as its administrator. */
const holdersAtNeutron = async (mode: Mode): Promise<readonly string[]> => {
  const {a, b, c} = tenant.ports;
  const names = new Map([
    [a, 'db1'],
    [b, 'db2'],
    [c, 'db3'],
  ]);
  const [address] = vipOf(mode).split('/');
  if (mode === 'floating_ip') {
    const {floatingips} = await tenant.neutron('GET', `/v2.0/floatingips?floating_ip_address=${address}`);
    const ports = (floatingips as {port_id: string | null}[]).flatMap(({port_id}) => port_id ?? []);
    return ports.map(id => names.get(id) ?? id);
  }
  const {ports} = await tenant.neutron('GET', '/v2.0/ports');
  return (ports as {id: string; allowed_address_pairs: {ip_address: string}[]}[])
    .filter(port => port.allowed_address_pairs.some(one => one.ip_address.split('/')[0] === address))
    .map(({id}) => names.get(id) ?? id);
};

for (const mode of modes)
  describe(`openstack ${mode}, real MHA`, () => {
    test('the host of the master is cut off: Neutron revokes its VIP, which is released, and MHA ends without a warning', async () => {
      await setUp(mode);
      await lab.cutOff('db1');
      const finished = await lab.failover({dead: 'db1'});
      const said = saidBy(finished);
      assert.equal(finished.code, 0, said);
      assert.match(said, new RegExp(`ok {3}revoke VIP +db1 .*openstack ${mode} took it from db1`));
      assert.match(said, /hard stop done and verified[\s\S]*hard start done and verified/);
      assert.doesNotMatch(said, /UNKNOWN|Proceeding|zitrone/);
      assert.deepEqual(await holdersAtNeutron(mode), ['db2']);
      if (mode !== 'floating_ip') assert.ok((await lab.vipHolders()).includes('db2'));
      const entries = (await lab.newestRecord())?.entries ?? [];
      const known = entries.find(entry => entry.type === 'old_master');
      assert.equal(known?.type === 'old_master' ? known.fencing : undefined, 'released');
      const exits = entries.flatMap(entry => (entry.type === 'end' ? [entry.exitCode] : []));
      assert.deepEqual(exits, [0, 0]);
    });

    test('real MHA switches online, and check and status agree', async () => {
      await setUp(mode);
      const finished = await lab.switchMaster({to: 'db2'});
      assert.equal(finished.code, 0, saidBy(finished));
      assert.deepEqual(await holdersAtNeutron(mode), ['db2']);
      const status = await lab.helper('status', 'lab');
      assert.equal(status.code, 0, saidBy(status));
      const check = await lab.helper('check', 'lab');
      assert.match(check.stdout, /ok {4}VIP: Neutron gives the VIP to db2/);
      const changes = mode === 'floating_ip' ? 'floating IP 203' : 'port of db1';
      assert.match(check.stdout, new RegExp(`ok {4}VIP: the account may change the ${changes}`));
      assert.doesNotMatch(check.stdout, /FAIL {2}VIP/, check.stdout);
      assert.deepEqual(await holdersAtNeutron(mode), ['db2']);
    });
  });
