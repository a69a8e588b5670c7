import {canonicalAddress} from './address.ts';
import type {CloudEnvironment, OpenStackConfig, OpenStackHost} from './cluster-config.ts';
import type {ClusterSections, Report} from './compile-cluster.ts';
import {keys} from './keys.ts';
import type {SectionValues} from './read-section.ts';
import {parseSectionName} from './section-name.ts';

/** What vip_type = openstack needs, complete or reported. The cloud itself is looked up when it is first needed. */
export const compileOpenStack = (
  {common, sections}: ClusterSections,
  {cidrs, environment}: {readonly cidrs: readonly string[]; readonly environment: CloudEnvironment},
  report: Report,
): OpenStackConfig => {
  const {openstack_mode: mode, openstack_cloud: cloud, openstack_network: network} = common.values;
  if (mode === undefined && !common.entries.has('openstack_mode')) {
    const message = `missing, but vip_type = openstack; write ${keys.openstack_mode.write}`;
    report({section: common.name, line: common.line, key: 'openstack_mode', message});
  }
  if (mode === 'floating_ip' && cidrs.some(cidr => cidr.includes(':'))) {
    const line = common.entries.get('writer_vip_cidr')?.line ?? common.line;
    const message = 'is IPv6, but a floating IP is IPv4; write the floating IP with /32';
    report({section: common.name, line, key: 'writer_vip_cidr', value: cidrs.join(', '), message});
  }
  const hosts = sections.flatMap(section => compileHost(section, report));
  reportTwins(hosts, report);
  return {
    type: 'openstack',
    cidrs,
    mode: mode ?? 'allowed_address_pair',
    cloud,
    network,
    hosts: [...new Map(hosts.map(host => [host.name, host])).values()],
    environment,
  };
};

const compileHost = ({name: section, line, values, entries}: SectionValues, report: Report): OpenStackHost[] => {
  const name = parseSectionName(section)?.name;
  if (name === undefined) return []; // reported as no host
  const {openstack_port: port, openstack_server: server} = values;
  const ip = values.ip ?? canonicalAddress(name);
  const isWritten = ['openstack_port', 'openstack_server', 'ip'].some(key => entries.has(key));
  if (!isWritten && ip === undefined) {
    const message = `missing; write ${keys.openstack_port.write}, or openstack_server, or ip: it says which port the host has`;
    report({section, line, key: 'openstack_port', message});
  }
  return [{name, port, server, ip}];
};

/** Two sections with one port would be one host to Neutron; two instances of one host are that, and must say the same. */
const reportTwins = (hosts: readonly OpenStackHost[], report: Report): void => {
  for (const [index, host] of hosts.entries()) {
    const same = hosts.slice(0, index).find(({name}) => name === host.name);
    const twin = hosts
      .slice(0, index)
      .find(({name, port}) => name !== host.name && port !== undefined && port === host.port);
    if (same !== undefined && (same.port !== host.port || same.server !== host.server))
      report({section: host.name, key: 'openstack_port', message: 'differs between two instances of one host'});
    if (twin !== undefined)
      report({section: host.name, key: 'openstack_port', message: `is the port of ${twin.name}, too; correct one`});
  }
};
