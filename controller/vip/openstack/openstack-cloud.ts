import type {OpenStackConfig} from '../../config/cluster-config.ts';
import {CloudFailed, type CloudHolder, type VipCloud} from '../cloud.ts';
import {allowedAddressPair} from './allowed-address-pair.ts';
import {checkPlace} from './check-place.ts';
import {findPort} from './find-port.ts';
import {fixedIp} from './fixed-ip.ts';
import {floatingIp} from './floating-ip.ts';
import type {Mode, Place} from './mode.ts';
import {Neutron, type Port} from './neutron.ts';
import {readCloud} from './read-cloud.ts';
import {Session} from './session.ts';

const modes: Readonly<Record<OpenStackConfig['mode'], Mode>> = {
  allowed_address_pair: allowedAddressPair,
  fixed_ip: fixedIp,
  floating_ip: floatingIp,
};

/** Neutron's side of the VIP. The cloud is looked up, and a token issued, when first needed. */
export const openStackCloud = (config: OpenStackConfig): VipCloud => {
  const mode = modes[config.mode];
  const name = `openstack ${config.mode}`;
  let session: Promise<Session> | undefined;
  const reach = async (signal: AbortSignal): Promise<Place> => {
    session ??= readCloud(config).then(cloud => new Session(cloud));
    return placeOf(config, new Neutron(await session, signal));
  };
  return {
    name,
    findHolders: async signal => mode.findHolders(await reach(signal)),
    grant: async (host, {from, signal}) => {
      const place = await reach(signal);
      const holders = await mode.findHolders(place);
      const others = holders.filter(holder => holder.host !== host);
      const strangers = others.filter(holder => holder.host === undefined || !from.includes(holder.host));
      if (strangers.length > 0) throw heldBy(name, host, strangers);
      for (const holder of others) await mode.take(hostOf(config, holder.host), place);
      await mode.give(hostOf(config, host), place);
      await verifyOnly(host, mode, await reach(signal));
      return [];
    },
    revoke: async (host, signal) => {
      await mode.take(hostOf(config, host), await reach(signal));
      const left = (await mode.findHolders(await reach(signal))).find(holder => holder.host === host);
      if (left !== undefined) throw notShown(`${host} still has the VIP (${left.place}) after it was taken away`);
    },
    check: async signal => {
      try {
        return await checkPlace(mode, {config, place: await reach(signal)});
      } catch (error) {
        if (signal.aborted) throw error;
        const {message, hint} = error as CloudFailed;
        return [{result: 'FAIL', text: message, hint}];
      }
    },
  };
};

/** Each verb looks at the ports anew. */
const placeOf = (config: OpenStackConfig, neutron: Neutron): Place => {
  const ports = new Map<string, Promise<Port>>();
  return {
    neutron,
    hosts: config.hosts,
    vips: config.cidrs.map(cidr => cidr.split('/')[0] ?? cidr),
    portOf: host => {
      const port = ports.get(host.name) ?? findPort(neutron, host, config.network);
      ports.set(host.name, port);
      return port;
    },
  };
};

const hostOf = ({hosts}: OpenStackConfig, name: string | undefined): OpenStackConfig['hosts'][number] => {
  const host = hosts.find(one => one.name === name);
  if (host === undefined) throw new Error(`${name} is no host of the cluster`);
  return host;
};

/** Two controllers that gave it to two hosts at the same time both find out here. */
const verifyOnly = async (host: string, mode: Mode, place: Place): Promise<void> => {
  const holders = await mode.findHolders(place);
  const [first, ...more] = holders;
  if (first?.host === host && first.isWhole && more.length === 0) return;
  const shown = holders.map(sayHolder).join(', ') || 'nobody';
  throw notShown(`after it was given to ${host}, the VIP is with ${shown}`);
};

const notShown = (what: string): CloudFailed =>
  new CloudFailed(`openstack: ${what}`, {
    hint: 'somebody else moves it at the same time: find out who, then see mha-helper status',
    isWorthAnotherTry: false,
  });

const heldBy = (name: string, host: string, holders: readonly CloudHolder[]): CloudFailed =>
  new CloudFailed(`${name}: ${holders.map(sayHolder).join(', ')} holds the VIP; it was not given to ${host}`, {
    hint: 'find out who uses it there, then take it away with mha-helper vip release',
    isWorthAnotherTry: false,
  });

const sayHolder = ({host, place}: CloudHolder): string => (host === undefined ? place : `${host} (${place})`);
