import {canonicalAddress} from '../../config/address.ts';
import type {OpenStackHost} from '../../config/cluster-config.ts';
import {CloudFailed} from '../cloud.ts';
import {isUuid, type Neutron, namePort, type Port} from './neutron.ts';

/** The one port of a host on which the VIP can be. Looked up by what is most exact of what is configured. */
export const findPort = async (neutron: Neutron, host: OpenStackHost, network: string | undefined): Promise<Port> => {
  const candidates = await listCandidates(neutron, host);
  const networkId = network === undefined || candidates.length < 2 ? undefined : await findNetwork(neutron, network);
  const inNetwork = candidates.filter(port => networkId === undefined || port.networkId === networkId);
  const own = inNetwork.filter(port => port.fixedIps.some(({address}) => address === host.ip));
  const [port, ...more] = own.length > 0 ? own : inNetwork;
  if (port === undefined) throw problem(host, `no port found for ${host.name} ${sayWanted(host)}`);
  if (more.length > 0)
    throw problem(
      host,
      `several ports for ${host.name} ${sayWanted(host)}: ${[port, ...more].map(namePort).join(', ')}`,
    );
  return port;
};

export const findNetwork = async (neutron: Neutron, network: string): Promise<string> => {
  const [found, ...more] = await neutron.listNetworks(network);
  if (found !== undefined && more.length === 0) return found.id;
  throw new CloudFailed(
    `openstack: ${found === undefined ? 'the account sees no network' : 'several networks are called'} ${network}`,
    {hint: 'write the id as openstack_network; openstack network list shows it', isWorthAnotherTry: false},
  );
};

const listCandidates = async (neutron: Neutron, host: OpenStackHost): Promise<readonly Port[]> => {
  const {port, server, ip} = host;
  if (port !== undefined) return neutron.listPorts(isUuid(port) ? {id: port} : {name: port});
  if (server !== undefined) return neutron.listPorts({device_id: await serverId(neutron, host, server)});
  const address = ip ?? canonicalAddress(host.name);
  if (address !== undefined) return neutron.listPorts({fixed_ips: `ip_address=${address}`});
  throw problem(host, `nothing says which port ${host.name} has`);
};

const serverId = async (neutron: Neutron, host: OpenStackHost, server: string): Promise<string> => {
  if (isUuid(server)) return server;
  const [found, ...more] = await neutron.findServers(server);
  if (found !== undefined && more.length === 0) return found;
  throw problem(host, `${found === undefined ? 'no server is' : 'several servers are'} called ${server}`);
};

const sayWanted = ({port, server, ip, name}: OpenStackHost): string =>
  port !== undefined
    ? `by openstack_port = ${port}`
    : server !== undefined
      ? `by openstack_server = ${server}`
      : `by its address ${ip ?? name}`;

const problem = ({name}: OpenStackHost, message: string): CloudFailed =>
  new CloudFailed(`openstack: ${message}`, {
    hint: `write openstack_port in [${name}]; openstack port list --server … shows it`,
    isWorthAnotherTry: false,
  });
