import {canonicalAddress} from '../../config/address.ts';
import {type Json, record, records, text} from './read-json.ts';
import type {ServiceRequest, Session} from './session.ts';

/** A network interface of a server, as Neutron knows it. */
export interface Port {
  readonly id: string;
  readonly name: string;
  readonly description: string;
  readonly networkId: string;
  /** Server or router it belongs to; empty: nobody's. */
  readonly deviceId: string;
  readonly deviceOwner: string;
  readonly fixedIps: readonly FixedIp[];
  readonly pairs: readonly AddressPair[];
  /** Off: Neutron lets every address through. */
  readonly hasPortSecurity: boolean;
  readonly revision: number;
}

export interface FixedIp {
  readonly address: string;
  readonly subnetId: string;
}

/** An address, or a range of them, that a port may use beside its own. */
export interface AddressPair {
  /** As Neutron has it: 10.0.0.5 or 10.0.0.0/24. */
  readonly cidr: string;
  readonly mac: string;
}

export interface FloatingIp {
  readonly id: string;
  readonly address: string;
  readonly portId: string | undefined;
  readonly revision: number;
}

/** What may be changed of a port; what is left out stays. */
export type PortChange = Partial<Pick<Port, 'fixedIps' | 'pairs' | 'description'>>;

/** The few calls of Neutron's API that a VIP needs, typed. Changes carry the revision they were decided on. */
export class Neutron {
  readonly #session: Session;
  readonly #signal: AbortSignal;

  constructor(session: Session, signal: AbortSignal) {
    this.#session = session;
    this.#signal = signal;
  }

  async getPort(id: string): Promise<Port> {
    return toPort(record(record(await this.#get(`/v2.0/ports/${encodeURIComponent(id)}`)).port));
  }

  async listPorts(query: Readonly<Record<string, string>>): Promise<readonly Port[]> {
    return records(record(await this.#get('/v2.0/ports', query)).ports).map(toPort);
  }

  async updatePort({id, revision}: Pick<Port, 'id' | 'revision'>, change: PortChange): Promise<Port> {
    const body = {port: fromPortChange(change)};
    const path = `/v2.0/ports/${encodeURIComponent(id)}`;
    return toPort(record(record(await this.#ask({method: 'PUT', path, body, ...onlyAt(revision)})).port));
  }

  async listFloatingIps(address: string): Promise<readonly FloatingIp[]> {
    const answer = await this.#get('/v2.0/floatingips', {floating_ip_address: address});
    return records(record(answer).floatingips).map(toFloatingIp);
  }

  async updateFloatingIp(
    {id, revision}: Pick<FloatingIp, 'id' | 'revision'>,
    to: {readonly portId: string | undefined; readonly fixedIp: string | undefined},
  ): Promise<FloatingIp> {
    const fixed = to.fixedIp === undefined ? {} : {fixed_ip_address: to.fixedIp};
    const body = {floatingip: {port_id: to.portId ?? null, ...fixed}};
    const path = `/v2.0/floatingips/${encodeURIComponent(id)}`;
    const answer = await this.#ask({method: 'PUT', path, body, ...onlyAt(revision)});
    return toFloatingIp(record(record(answer).floatingip));
  }

  /** Networks by id or name that the account sees. */
  async listNetworks(idOrName: string): Promise<readonly {readonly id: string; readonly name: string}[]> {
    const query: Readonly<Record<string, string>> = isUuid(idOrName) ? {id: idOrName} : {name: idOrName};
    const answer = await this.#get('/v2.0/networks', query);
    return records(record(answer).networks).map(({id, name}) => ({id: text(id), name: text(name)}));
  }

  /** Aliases of the API extensions that this Neutron has. */
  async listExtensions(): Promise<readonly string[]> {
    return records(record(await this.#get('/v2.0/extensions')).extensions).map(({alias}) => text(alias));
  }

  /** Ids of the servers with exactly this name, as Nova knows them. */
  async findServers(name: string): Promise<readonly string[]> {
    const query = {name: `^${name.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}$`};
    const answer = await this.#session.ask({
      service: 'compute',
      method: 'GET',
      path: '/servers',
      query,
      signal: this.#signal,
    });
    return records(record(answer).servers).map(({id}) => text(id));
  }

  #get(path: string, query: Readonly<Record<string, string>> = {}): Promise<unknown> {
    return this.#ask({method: 'GET', path, query});
  }

  #ask(request: Omit<ServiceRequest, 'service' | 'signal'>): Promise<unknown> {
    return this.#session.ask({service: 'network', signal: this.#signal, ...request});
  }
}

/** A Neutron without the extension has no revisions; `check` says so. */
const onlyAt = (revision: number): {readonly revision?: number} => (Number.isInteger(revision) ? {revision} : {});

export const isUuid = (value: string): boolean => /^[0-9a-f]{8}(-?[0-9a-f]{4}){3}-?[0-9a-f]{12}$/i.test(value);

/** For people: the id, and the name if it has one. */
export const namePort = ({id, name}: Pick<Port, 'id' | 'name'>): string =>
  name === '' ? `port ${id}` : `port ${id} (${name})`;

const toPort = (port: Json): Port => ({
  id: text(port.id),
  name: text(port.name),
  description: text(port.description),
  networkId: text(port.network_id),
  deviceId: text(port.device_id),
  deviceOwner: text(port.device_owner),
  fixedIps: records(port.fixed_ips).map(one => ({address: spell(text(one.ip_address)), subnetId: text(one.subnet_id)})),
  pairs: records(port.allowed_address_pairs).map(one => ({cidr: text(one.ip_address), mac: text(one.mac_address)})),
  hasPortSecurity: port.port_security_enabled !== false,
  revision: Number(port.revision_number),
});

const toFloatingIp = (one: Json): FloatingIp => ({
  id: text(one.id),
  address: spell(text(one.floating_ip_address)),
  portId: text(one.port_id) || undefined,
  revision: Number(one.revision_number),
});

/** An empty MAC is the port's own, a missing subnet is found by Neutron. */
const fromPortChange = ({fixedIps, pairs, description}: PortChange): Json => ({
  ...(description !== undefined && {description}),
  ...(fixedIps && {
    fixed_ips: fixedIps.map(({address, subnetId}) => ({
      ip_address: address,
      ...(subnetId === '' ? {} : {subnet_id: subnetId}),
    })),
  }),
  ...(pairs && {
    allowed_address_pairs: pairs.map(({cidr, mac}) => ({
      ip_address: cidr,
      ...(mac === '' ? {} : {mac_address: mac}),
    })),
  }),
});

const spell = (address: string): string => canonicalAddress(address) ?? address;
