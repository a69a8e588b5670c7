import type {OpenStackHost} from '../../config/cluster-config.ts';
import type {Place} from './mode.ts';
import type {Port} from './neutron.ts';

/** The cluster's ports as far as they can be found, and what kept the others from being found. */
export interface KnownPorts {
  readonly ports: readonly {readonly host: OpenStackHost; readonly port: Port}[];
  readonly failures: readonly unknown[];
}

/** For modes in which Neutron is asked for the VIP, not for hosts: a host without a port stops nobody else. */
export const findKnownPorts = async ({hosts, portOf}: Place): Promise<KnownPorts> => {
  const looked = await Promise.all(
    hosts.map(async host =>
      portOf(host).then(
        port => ({host, port}),
        (failure: unknown) => ({failure}),
      ),
    ),
  );
  return {
    ports: looked.flatMap(one => ('port' in one ? [one] : [])),
    failures: looked.flatMap(one => ('failure' in one ? [one.failure] : [])),
  };
};

/** Whose port it is; undefined: nobody's of the cluster. Throws where it may be one of those that were not found. */
export const hostOfPort = ({ports, failures}: KnownPorts, id: string): OpenStackHost | undefined => {
  const known = ports.find(({port}) => port.id === id);
  if (known === undefined && failures.length > 0) throw failures[0];
  return known?.host;
};

/** One line per host and place, whole where it has every VIP. */
export const sumHolders = (
  found: readonly {readonly host: string | undefined; readonly place: string}[],
  count: number,
): {host: string | undefined; place: string; isWhole: boolean}[] => {
  const places = new Map(found.map(one => [one.place, one]));
  return [...places.values()].map(one => ({
    ...one,
    isWhole: found.filter(({place}) => place === one.place).length === count,
  }));
};
