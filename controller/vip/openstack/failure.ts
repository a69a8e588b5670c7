import {CloudFailed} from '../cloud.ts';
import type {Answer} from './exchange.ts';

/** The API answered, and not with what was asked. */
export class OpenStackRefused extends CloudFailed {
  readonly status: number;
  /** Neutron's name of the error, like IpAddressAlreadyAllocated; empty where it gives none. */
  readonly type: string;

  constructor(message: string, details: {status: number; type: string; hint: string; isWorthAnotherTry: boolean}) {
    super(message, details);
    this.status = details.status;
    this.type = details.type;
  }
}

/** What was asked, for messages: `PUT /v2.0/ports/…` of `Neutron at https://…`. */
export interface Asked {
  readonly what: string;
  readonly server: string;
}

/** The one place that reads the API's error answers. */
export const toRefusal = (answer: Answer, {what, server}: Asked): OpenStackRefused => {
  const {type, message} = readError(answer.body);
  const id = answer.header('x-openstack-request-id');
  const said = [type, message].filter(text => text !== '').join(': ') || 'no reason given';
  const {hint, isWorthAnotherTry} = adviceOn(answer.status, type);
  const request = id === '' ? '' : ` (${id})`;
  return new OpenStackRefused(`openstack: ${server} refused ${what}: ${answer.status} ${said}${request}`, {
    status: answer.status,
    type,
    hint,
    isWorthAnotherTry,
  });
};

/** Trying again helps while the API is overloaded or being restarted behind its balancer. */
export const isPassing = (status: number): boolean =>
  status === 429 || status === 500 || (status > 501 && status < 505);

const adviceOn = (status: number, type: string): {hint: string; isWorthAnotherTry: boolean} => {
  const known = byType[type];
  if (known !== undefined) return {hint: known, isWorthAnotherTry: false};
  if (isPassing(status)) return {hint: 'the API is overloaded or down: ask who runs it', isWorthAnotherTry: true};
  if (status === 412) return {hint: 'somebody else changes it at the same time: run it again', isWorthAnotherTry: true};
  return {hint: byStatus[status] ?? "look at the API server's log for this request", isWorthAnotherTry: false};
};

const byStatus: Readonly<Record<number, string>> = {
  400: 'the API does not take these values: compare writer_vip_cidr, openstack_mode and the network of the port',
  401: 'the API does not accept the token that Keystone gave: ask who runs the cloud',
  403: 'the account lacks this right: give it the role member in the project that owns the ports and the network',
  404: 'the account does not see it: is it the right project and region, and does it still exist?',
};

/** Neutron's own names of errors with a cure of their own. */
const byType: Readonly<Record<string, string>> = {
  PolicyNotAuthorized:
    "Neutron's policy forbids it to this account: give it the role member in the project that owns the ports and the network, or let the policy rule that is named allow it",
  OverQuota: 'the quota of the project is used up: raise it with openstack quota set, or remove what is not used',
  AddressPairAndPortSecurityRequired:
    'the port has port security off, so every address passes: use vip_type = metal, or switch port security on',
  InvalidIpForNetwork: 'the address is in no subnet of the network of this port: compare writer_vip_cidr',
  InvalidIpForSubnet: 'the address is not in the subnet: compare writer_vip_cidr',
  IpAddressAlreadyAllocated: 'another port has the address: openstack port list --fixed-ip ip-address=… shows which',
  IpAddressInUse: 'another port has the address: openstack port list --fixed-ip ip-address=… shows which',
  ExternalGatewayForFloatingIPNotFound:
    "no router joins the port's network and the floating IP's: connect them with a router",
  FloatingIPPortAlreadyAssociated:
    'the port has another floating IP on this fixed IP: use another fixed IP or remove it',
};

const readError = (body: unknown): {type: string; message: string} => {
  if (typeof body !== 'object' || body === null) return {type: '', message: ''};
  const {NeutronError: neutron, error: keystone, badRequest, forbidden, itemNotFound} = body as ErrorBody;
  const error = neutron ?? keystone ?? badRequest ?? forbidden ?? itemNotFound;
  if (typeof error === 'string') return {type: '', message: oneLine(error)};
  return {type: error?.type ?? '', message: oneLine(error?.message ?? '')};
};

interface ErrorBody {
  readonly NeutronError?: ApiError | string;
  readonly error?: ApiError | string;
  readonly badRequest?: ApiError;
  readonly forbidden?: ApiError;
  readonly itemNotFound?: ApiError;
}

interface ApiError {
  readonly type?: string;
  readonly message?: string;
}

const oneLine = (text: unknown): string => String(text).replace(/\s+/g, ' ').trim().slice(0, 400);

/** No answer at all: what to do depends on how it failed. */
export const toUnanswered = (error: unknown, {what, server}: Asked): CloudFailed => {
  const {code = '', message} = error as NodeJS.ErrnoException;
  const said = code === '' ? message : `${code} ${message}`;
  const tls = isTlsCode(code);
  return new CloudFailed(`openstack: ${server} did not answer ${what}: ${said}`, {
    hint: tls
      ? 'give the certificate authority of the API as cacert in clouds.yaml'
      : code === 'ENOTFOUND'
        ? 'no such host: compare auth_url, region and interface with the service catalogue'
        : 'is the API up, and reachable from this host? openstack endpoint list shows where it should be',
    isWorthAnotherTry: !tls && code !== 'ENOTFOUND',
    cause: error,
  });
};

const isTlsCode = (code: string): boolean =>
  /^(ERR_TLS|CERT|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO|EPROTO|ERR_SSL)/.test(code);
